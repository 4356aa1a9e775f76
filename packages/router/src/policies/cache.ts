import type { Attempt, Middleware, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { newAttemptId } from '../attempt-ids.ts';
import { type AttemptListener, guarded } from '../attempt-listener.ts';
import { answerAfter, attemptsOf, errorAfter, isRefusal, notMade } from '../attempts.ts';
import { carry } from '../compose.ts';
import { longestTimerMs } from '../delay.ts';
import { abortError, copyOf, ModelError, RouteError } from '../errors.ts';
import { checkOptions, countFromOne, refuse, type Rule } from '../options-check.ts';
import { overlay } from '../overlay.ts';
import type { PlannedRequest } from '../plan.ts';
import { type CacheStore, SafeStore } from './cache-store.ts';
import { requestKey } from './canonical-key.ts';
import { nameOf } from './exhausted.ts';
import { Flight, type Landing } from './flight.ts';
import { memoryStore } from './memory-store.ts';
import type { SplitModel } from './split.ts';
import { decodeAnswer, deltasOf, encodeAnswer, isWorthKeeping } from './stored-answer.ts';
import { within } from './within.ts';

export interface CacheOptions {
  /** How long an answer is kept, unless its request says otherwise. @default 3_600_000 (an hour) */
  readonly ttlMs?: number | undefined;
  /** Bytes of answers kept in memory; those not read for longest make room. @default 67_108_864 (64 MiB) */
  readonly maxBytes?: number | undefined;
  /** Where answers are kept: a `Keyv`, for Redis and others. @default in memory */
  readonly store?: CacheStore | undefined;
  /** Longest wait for the store. After it the request goes on as if nothing were stored. @default 1_000 */
  readonly storeTimeoutMs?: number | undefined;
  /** Requests of different namespaces share no answers. That of a request wins. @default none */
  readonly namespace?: string | undefined;
  /** Who answers: models of one scope share answers. @default the model's id, with the role and model that a request names */
  readonly scope?: string | undefined;
  /** Is told of every hit. If it throws, the answer is the same and the process is warned, once. @default none */
  readonly onAttempt?: AttemptListener | undefined;
}

type Limits = Readonly<Record<'ttlMs' | 'maxBytes' | 'storeTimeoutMs', number>>;
const defaults: Limits = { ttlMs: 3_600_000, maxBytes: 64 * 1024 * 1024, storeTimeoutMs: 1_000 };

const positive: Rule = { valid: 'a finite number above 0', holds: (value) => Number.isFinite(value) && Number(value) > 0 };
const aString: Rule = { valid: 'a string', holds: (value) => typeof value === 'string' };
const aFunction: Rule = { valid: 'a function', holds: (value) => typeof value === 'function' };
const checkedElsewhere: Rule = { valid: 'a store', holds: () => true };
const rules: Readonly<Record<keyof CacheOptions, Rule>> = {
  ttlMs: positive,
  maxBytes: countFromOne,
  store: checkedElsewhere,
  storeTimeoutMs: positive,
  namespace: aString,
  scope: aString,
  onAttempt: aFunction,
};

/**
 * Answers a request that was asked before, word for word, from what was answered then, and asks once for all who ask the same at
 * the same time. Whole answers only are kept; requests with `wire` pass by. A hit is an attempt with outcome `cache_hit`, free.
 *
 * @example
 * const model = cache({ ttlMs: 600_000 })(openai('gpt-4o'));
 *
 * @throws {TypeError} when an option is not valid, or a store is given for a model that has neither id nor scope.
 */
export function cache(options: CacheOptions = {}): Middleware {
  checkOptions('cache', options, rules);
  const { ttlMs, maxBytes, storeTimeoutMs } = overlay<Limits>(defaults, options);
  const given = options.store ?? memoryStore({ maxBytes });
  const store = given instanceof SafeStore ? given : new SafeStore(given, storeTimeoutMs);
  const onAttempt = options.onAttempt && guarded(options.onAttempt);

  return (next) => {
    if (options.store && (options.scope ?? next.id) === undefined) {
      throw new TypeError(
        'cache: the model has no id; a scope must say whose answers these are, since others use the store too.',
      );
    }
    const scope = options.scope ?? next.id ?? crypto.randomUUID();
    const { namespace } = options;
    const cached = new Cache({ next, store, ttlMs, onAttempt });
    const asked = (request: ModelRequest): unknown => ({
      scope,
      namespace: request.cache?.namespace ?? namespace,
      variant: (next as Partial<SplitModel>).variantOf?.(request),
      fallbacks: request.fallbacks,
      ...(options.scope === undefined && { role: request.role, model: request.model }),
    });
    return carry<Model>(next, async (request) => {
      if (request.wire) return await next(request);
      const { signal } = request;
      if (signal?.aborted) throw abortError(signal, nameOf(next, request));
      return await cached.answer(request, `rolecall:${requestKey(request, asked(request))}`);
    });
  };
}

interface CacheParts {
  readonly next: Model;
  readonly store: SafeStore;
  readonly ttlMs: number;
  readonly onAttempt: AttemptListener | undefined;
}

/** The answers of one model, and the calls to it that are under way. */
class Cache {
  readonly #parts: CacheParts;
  readonly #flights = new Map<string, Flight>();

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  async answer(request: ModelRequest, key: string): Promise<ModelResponse> {
    const { reload, noStore, ttlMs = this.#parts.ttlMs } = request.cache ?? {};
    if (!Number.isFinite(ttlMs) || ttlMs < 0) refuse('request.cache', 'ttlMs', ttlMs, 'a finite number of at least 0');
    const keepMs = noStore || ttlMs === 0 ? undefined : ttlMs;
    if (!reload) return await this.#shared(request, key, keepMs);
    const response = await this.#parts.next(request);
    await this.#keep(key, response, keepMs, request);
    return response;
  }

  /** From the store, from a call under way, or else from a call that others can join. */
  async #shared(request: ModelRequest, key: string, keepMs: number | undefined): Promise<ModelResponse> {
    const begun: Begun = { startedAt: Date.now(), start: performance.now() };
    const inherited: Attempt[] = [];
    for (;;) {
      const flight = this.#flightFor(request, key);
      flight.keepMs ??= keepMs;
      const arrival = await flight.board(request).catch((error: unknown) => {
        throw errorAfter(inherited, error);
      });
      const { landing, failure: { error } = {}, isAsker, isOwner } = arrival;
      if (landing) {
        const { response, storedBy } = landing;
        const isOwn = isOwner && !storedBy;
        const answer = isOwn ? response : this.#hit(request, response, storedBy?.name ?? answererOf(response), begun);
        return answerAfter(inherited, answer);
      }
      if (isAsker || flight.hasSpoken || !isPersonal(error)) throw errorAfter(inherited, isOwner ? error : sharedError(error));
      if (isOwner) inherited.push(...attemptsOf(error)); // whoever asked has left, and so has the one whose time or money it was
    }
  }

  /** A plain answer can be had from a streamed call, and not the other way round. */
  #flightFor(request: ModelRequest, key: string): Flight {
    const [streamKey, plainKey] = [`${key} stream`, `${key} plain`];
    const found = this.#flights.get(streamKey) ?? (request.onDelta ? undefined : this.#flights.get(plainKey));
    if (found) return found;
    const ownKey = request.onDelta ? streamKey : plainKey;
    const flight: Flight = new Flight(request.onDelta !== undefined, nameOf(this.#parts.next, request), () => {
      if (this.#flights.get(ownKey) === flight) this.#flights.delete(ownKey);
    });
    this.#flights.set(ownKey, flight);
    flight.take(() => this.#fly(flight, key));
    return flight;
  }

  async #fly(flight: Flight, key: string): Promise<Landing> {
    const { store, next } = this.#parts;
    const text = await store.get(key);
    const stored = text === undefined ? undefined : decodeAnswer(text);
    if (stored) {
      if (flight.isStream) for (const delta of deltasOf(stored.response)) void flight.say(delta);
      return { response: stored.response, storedBy: { name: stored.name } };
    }
    if (text !== undefined) await store.delete(key);
    const request = flight.ask();
    const response = await next(request);
    await this.#keep(key, response, flight.keepMs, request);
    return { response };
  }

  /** Waits for the store no longer than the request may: its answer is there, and was paid for. */
  async #keep(key: string, response: ModelResponse, keepMs: number | undefined, { plan }: PlannedRequest): Promise<void> {
    if (keepMs === undefined || !isWorthKeeping(response)) return;
    const kept = this.#parts.store.set(key, () => encodeAnswer(response, keepMs), Math.ceil(keepMs));
    const leftMs = (plan?.deadlineAt ?? Infinity) - performance.now() - marginMs;
    await within(Math.min(Math.max(leftMs, 0), longestTimerMs), kept);
  }

  /** The answer with one attempt that cost nothing: `usage` stays on the answer, for information. */
  #hit(request: ModelRequest, response: ModelResponse, name: string | undefined, begun: Begun): ModelResponse {
    const { role, model, labels } = request;
    const { simulated, local } = response.metadata ?? {};
    const { startedAt, start } = begun;
    const durationMs = performance.now() - start;
    const facts = { id: newAttemptId(), model: response.model, startedAt, waitMs: 0, durationMs };
    const hit: Attempt = overlay<Attempt>(
      { ...facts, outcome: 'cache_hit', usage: {}, costUsd: 0 }, // no usage, said aloud: nobody fills it in from the answer's
      { name, simulated, local },
    );
    this.#parts.onAttempt?.(hit, { role, model, labels });
    return { ...response, attempts: [hit] };
  }
}

/** An answer needs that long to get from here to whoever asked. */
const marginMs = 20;

/** When a request came. */
interface Begun {
  readonly startedAt: number;
  readonly start: number;
}

function answererOf({ attempts }: ModelResponse): string | undefined {
  return attempts?.findLast(({ outcome }) => outcome === 'answered')?.name;
}

/** It is about the one who asked, his time or his money: whoever asked the same asks anew. */
function isPersonal(error: unknown): boolean {
  if (isRefusal(error)) return true;
  return ModelError.isInstance(error) && (error.code === 'aborted' || error.code === 'deadline_exceeded');
}

/** The same failure for one who shared the call: a copy, so that nobody writes on another's, whose attempts were not made for him. */
function sharedError(error: unknown): unknown {
  const attempts = attemptsOf(error).map(notMade);
  if (ModelError.isInstance(error)) {
    return Object.assign(copyOf(error, { usage: undefined, possiblyBilled: false }), { attempts });
  }
  if (!RouteError.isInstance(error)) return error;
  const { errors, role, model } = error;
  return Object.assign(new RouteError({ errors, attempts: error.attempts, role, model }), { attempts }); // its message tells what happened
}
