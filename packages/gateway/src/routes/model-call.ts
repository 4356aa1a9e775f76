/** A call to a model over HTTP, from its body to its last byte. */
import type { Attempt, Delta, ModelResponse } from '@rolecall/core';
import { BudgetError } from '@rolecall/cost-tracker';
import { ModelError, RouteError, type Router } from '@rolecall/router';
import type { GatewayParts } from '../gateway-parts.ts';
import { type Problem, problemOf } from '../http/problem.ts';
import { EventStream, sendJson, sendProblem } from '../http/reply.ts';
import { Refusal } from '../http/refusal.ts';
import type { Admission, Ask, CallEnding, Exchange } from '../http/route.ts';
import type { AnswerFacts, Dialect } from '../wire/dialect.ts';
import { withoutUsage } from '../wire/hide-usage.ts';
import { type CallRequest, Progress, progress } from '../wire/relaying.ts';
import { answerHeaders } from './answer-headers.ts';
import { costOf } from './cost-of.ts';
import type { Offer } from './offer.ts';
import { readWishes, type Wishes } from './wishes.ts';

/** What calls are made of. */
export interface House {
  readonly parts: GatewayParts;
  /** The router of now: a reload replaces it. */
  readonly router: Router;
  readonly offer: Offer;
  /** How long a reader of a stream may take nothing. */
  readonly stallMs: number;
  /** The headers have twins of LiteLLM's names. */
  readonly litellmHeaders: boolean;
}

/** Answers in the dialect that the request came in. */
export async function serveModel(exchange: Exchange, dialect: Dialect, house: House): Promise<void> {
  const start = performance.now();
  const startedAt = Date.now();
  try {
    const body = await exchange.json();
    const wishes = readWishes(exchange.request, body, exchange.caller, {
      roles: house.offer.roles,
      readMessages: (messages) => dialect.readMessages(messages),
    });
    const { request, isStream, wireOnly } = dialect.read(wishes.body);
    const call = new Progress({
      messages: request.messages,
      settings: request.settings ?? {},
      words: dialect.settings,
      wireOnly,
    });
    const facts: AnswerFacts = { callId: exchange.callId, model: wishes.asked, body };
    await new ModelCall({ exchange, dialect, house, wishes, call, facts, isStream, start, startedAt }).run(request);
  } catch (error) {
    const problem = problemOf(error);
    house.parts.onRefusal?.({ callId: exchange.callId, path: exchange.path, status: problem.status, code: problem.code, error });
    sendProblem(exchange.response, problem, dialect.problem(problem, exchange.callId));
  }
}

interface CallParts {
  readonly exchange: Exchange;
  readonly dialect: Dialect;
  readonly house: House;
  readonly wishes: Wishes;
  readonly call: Progress;
  readonly facts: AnswerFacts;
  readonly isStream: boolean;
  /** On the clock of `performance.now()`. */
  readonly start: number;
  readonly startedAt: number;
}

/** One call, known well enough to be on record however it ends. */
class ModelCall {
  readonly #parts: CallParts;
  readonly #ask: Ask;
  #admission: Admission | undefined;
  #firstByteMs: number | undefined;

  constructor(parts: CallParts) {
    this.#parts = parts;
    const { wishes, exchange } = parts;
    const fallbacks = (wishes.fallbacks || []).map((target) => (typeof target === 'string' ? target : target.model));
    const inputTokens = Math.ceil(Number(exchange.request.headers['content-length'] ?? 0) / 4);
    const { callId, isIdShared } = exchange;
    this.#ask = { model: wishes.asked, role: wishes.role, fallbacks, tags: wishes.tags, inputTokens, callId, isIdShared };
  }

  async run(asked: Pick<CallRequest, 'messages'>): Promise<void> {
    const { house, exchange, isStream } = this.#parts;
    const events = isStream ? this.#events() : undefined;
    try {
      house.offer.check(this.#parts.wishes, exchange.caller);
      this.#admission = await house.parts.begin(exchange.caller, this.#ask);
      this.#parts.call.asking = this.#admission.asking;
      const response = await house.router(this.#request(asked, events));
      if (events) this.#finish(events, response);
      else this.#answer(response);
      this.#conclude({ outcome: 'answered', status: 200, ...answered(response) });
    } catch (error) {
      this.#fail(error, events);
    }
  }

  #request(asked: Pick<CallRequest, 'messages'>, events: Events | undefined): CallRequest {
    const { exchange, dialect, house, wishes, call } = this.#parts;
    const { keyName, tags: own = [] } = exchange.caller;
    const tags = [...wishes.tags, ...own, ...(keyName === undefined ? [] : [`key:${keyName}`])];
    const isCached = house.offer.isCached && call.wireOnly.length === 0;
    return {
      ...asked,
      role: wishes.role,
      model: wishes.model,
      labels: { workflow: exchange.callId, tags },
      fallbacks: wishes.fallbacks,
      cache: wishes.cache,
      signal: exchange.signal,
      [progress]: call,
      ...(!isCached && { wire: { api: dialect.api, body: wishes.body, ...(events && { onBytes: events.bytes }) } }),
      ...(events && { onDelta: events.delta }),
    };
  }

  #events(): Events {
    const { exchange, dialect, house, call, facts } = this.#parts;
    const stream = new EventStream(exchange.response, { headers: () => this.#headers(), stallMs: house.stallMs });
    const writer = dialect.events(facts);
    return {
      stream,
      writer,
      bytes: (chunk) => stream.write(call.hidesUsage ? withoutUsage(chunk) : chunk),
      delta: (delta) => (call.isRelayed ? undefined : stream.write(writer.delta(delta))),
    };
  }

  #finish({ stream, writer }: Events, response: ModelResponse): void {
    const wasRelayed = this.#parts.call.isRelayed && stream.hasBegun;
    stream.end(wasRelayed ? '' : writer.end(response));
  }

  #answer(response: ModelResponse): void {
    const { exchange, dialect, call, facts } = this.#parts;
    const raw = call.isRelayed ? response.metadata?.raw : undefined;
    const body = typeof raw === 'object' && raw !== null ? raw : dialect.answer(response, facts);
    sendJson(exchange.response, 200, body, this.#headers(response));
  }

  #headers(response?: ModelResponse, attempts = response?.attempts): Record<string, string> {
    const { exchange, call, start, house } = this.#parts;
    const totalMs = performance.now() - start;
    this.#firstByteMs ??= totalMs;
    const { litellmHeaders: withTwins } = house;
    const headers = answerHeaders({ callId: exchange.callId, call, totalMs, attempts, model: response?.model, withTwins });
    return Object.assign(headers, this.#admission?.headers);
  }

  #fail(error: unknown, events: Events | undefined): void {
    const { exchange, dialect } = this.#parts;
    const problem = problemOf(error);
    const attempts = attemptsOf(error);
    const facts = { code: problem.code, attempts };
    if (exchange.signal.aborted && exchange.response.destroyed)
      return this.#conclude({ outcome: 'aborted', status: 499, ...facts });
    if (events?.stream.hasBegun) {
      events.stream.end(dialect.problemEvent(problem, exchange.callId));
      return this.#conclude({ outcome: 'cut', status: 200, ...facts });
    }
    const refused = error instanceof Refusal || BudgetError.isInstance(error);
    sendProblem(exchange.response, problem, dialect.problem(problem, exchange.callId), this.#headers(undefined, attempts));
    this.#conclude({
      outcome: refused ? 'refused' : 'failed',
      status: problem.status,
      ...facts,
      error: internal(problem, error),
    });
  }

  #conclude(ending: Pick<CallEnding, 'outcome' | 'status' | 'attempts'> & Partial<CallEnding>): void {
    const { exchange, dialect, call, isStream, start, startedAt, house } = this.#parts;
    const durationMs = performance.now() - start;
    const { place } = call;
    const told: CallEnding = {
      callId: exchange.callId,
      api: dialect.api,
      caller: exchange.caller,
      ask: this.#ask,
      isStream,
      startedAt,
      durationMs,
      firstByteMs: this.#firstByteMs,
      overheadMs: Math.max(0, durationMs - call.upstreamMs),
      deployment: place?.deployment,
      model: place?.model,
      ...ending,
    };
    this.#admission?.settle(told);
    house.parts.onEnding(told);
  }
}

interface Events {
  readonly stream: EventStream;
  readonly writer: ReturnType<Dialect['events']>;
  readonly bytes: (chunk: Uint8Array) => void | Promise<void>;
  readonly delta: (delta: Delta) => void | Promise<void>;
}

function answered({ model, attempts = [], usage }: ModelResponse): Pick<CallEnding, 'attempts'> & Partial<CallEnding> {
  return { model, attempts, costUsd: costOf(attempts), inputTokens: usage.inputTokens, outputTokens: usage.outputTokens };
}

function attemptsOf(error: unknown): readonly Attempt[] {
  if (ModelError.isInstance(error) || RouteError.isInstance(error)) return error.attempts ?? [];
  const { attempts } = error as { attempts?: unknown };
  return Array.isArray(attempts) ? (attempts as readonly Attempt[]) : [];
}

/** A bug is told to whoever keeps the log, not to the caller. */
function internal({ code }: Problem, error: unknown): unknown {
  return code === 'internal_error' ? error : undefined;
}
