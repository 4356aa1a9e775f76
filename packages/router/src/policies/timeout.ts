import type { Middleware, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import type { Backend } from '../backend.ts';
import { Cancellation } from '../cancellation.ts';
import { carry } from '../compose.ts';
import { longestTimerMs } from '../delay.ts';
import { abortedUnasked, abortError, copyOf, duration, ModelError, type ModelErrorCode } from '../errors.ts';
import { offAbort, onAbort } from '../on-abort.ts';
import { checkOptions, positiveOrInfinity } from '../options-check.ts';
import { overlay } from '../overlay.ts';
import { copiedFor, outOfTime, type PlannedRequest } from '../plan.ts';
import { isStream, tapped } from '../tap.ts';

export interface TimeoutOptions {
  /** Longest attempt, in milliseconds spent waiting for the provider. @default 600_000 */
  readonly attemptMs?: number | undefined;
  /** Longest wait for the first piece of a streamed answer; a model that must be loaded first may know better. @default 30_000 */
  readonly firstTokenMs?: number | undefined;
  /** Longest silence of the provider after that. A slow reader of ours is no silence. @default 20_000 */
  readonly idleMs?: number | undefined;
}

type Limits = Readonly<Record<keyof TimeoutOptions, number>>;
const defaults: Limits = { attemptMs: 600_000, firstTokenMs: 30_000, idleMs: 20_000 };
const unlimited: Limits = { attemptMs: Infinity, firstTokenMs: Infinity, idleMs: Infinity };

const turnsToPassOn = 20;

/**
 * Ends an attempt that takes too long: as a whole, until its first token, or between two pieces of a stream.
 * With `false` it only minds the deadline of the request.
 *
 * @example
 * const model = timeout({ attemptMs: 60_000 })(openai('gpt-4o'));
 *
 * @throws {TypeError} when an option is not valid.
 */
export function timeout(options: TimeoutOptions | false = {}): Middleware {
  const rule = positiveOrInfinity;
  if (options !== false) checkOptions('timeout', options, { attemptMs: rule, firstTokenMs: rule, idleMs: rule });
  const limits = options === false ? unlimited : overlay(defaults, options);

  return (next: Backend) => {
    const model: Model = (request) => {
      const firstTokenMs = options === false ? undefined : next.firstTokenMs?.();
      return new TimedAttempt(request, firstTokenMs === undefined ? limits : { ...limits, firstTokenMs }, next.id).run(next);
    };
    return carry(next, model);
  };
}

/**
 * How long the attempts wait that have ended within an abort: those of a router within this one end while this one does, and must be
 * heard first.
 */
let turnsBelow = 0;

/** Runs after whoever was told of an abort has had the time to pass it on, from promise to promise. */
async function afterTurns(turns: number, act: () => void): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => process.nextTick(resolve));
  act();
}

/** One attempt against the clock: one timer, and one listener on the caller's signal, both gone when it is over. */
class TimedAttempt {
  readonly #request: PlannedRequest;
  readonly #limits: Limits;
  readonly #name: string;
  readonly #isStream: boolean;
  readonly #cancellation = new Cancellation();
  readonly #startedAt = performance.now();
  #committed = false;
  #lastPieceAt = 0;
  /** Readers who are not ready for more: how many, since when, and how long it took in all. */
  #readers = 0;
  #heldSince = 0;
  #heldMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #reject: (error: unknown) => void = () => undefined;

  constructor(request: PlannedRequest, limits: Limits, id: string | undefined) {
    this.#request = request;
    this.#limits = limits;
    this.#name = id ?? request.model ?? 'model';
    this.#isStream = isStream(request);
  }

  async run(next: Model): Promise<ModelResponse> {
    const { signal } = this.#request;
    if (signal?.aborted) throw abortedUnasked(signal, this.#name);
    const late = this.#overdue(this.#startedAt);
    if (late) throw copyOf(late, { unasked: true }); // a call that is not made costs nothing, and says nothing of the deployment

    onAbort(signal, this.#followCaller);
    this.#arm(this.#startedAt);
    try {
      return await new Promise<ModelResponse>((resolve, reject) => {
        this.#reject = reject;
        next(this.#own()).then(resolve, reject);
      });
    } catch (error) {
      this.#cancellation.abort(error); // a failed call leaves no socket behind
      throw error;
    } finally {
      this.#over = true;
      clearTimeout(this.#timer);
      offAbort(signal, this.#followCaller);
    }
  }

  readonly piece = (commits: boolean): boolean => {
    if (this.#over) return false; // somebody else may be answering by now
    this.#lastPieceAt = performance.now();
    if (commits && !this.#committed) this.#commit(this.#lastPieceAt);
    return true;
  };

  readonly held = (reading: Promise<void>): Promise<void> => {
    if (this.#readers++ === 0) this.#heldSince = performance.now();
    return reading.finally(() => {
      if (--this.#readers > 0) return;
      this.#lastPieceAt = performance.now();
      this.#heldMs += this.#lastPieceAt - this.#heldSince;
    });
  };

  /** The request as the model gets it: with a signal of this attempt, its pieces noticed, and nothing that is the router's. */
  #own(): ModelRequest {
    const own = copiedFor(this.#cancellation, this.#request);
    own.plan = own.waitedMs = own.avoid = undefined;
    return this.#isStream ? Object.assign(own, tapped(this.#request, this)) : own;
  }

  readonly #followCaller = (): void => {
    const { signal } = this.#request;
    if (signal) this.#end(signal.reason, copyOf(abortError(signal, this.#name), { possiblyBilled: true }));
  };

  readonly #check = (): void => {
    const now = performance.now();
    const late = this.#overdue(now);
    if (late) this.#end(late, late);
    else this.#arm(now);
  };

  /** An adapter that hears of it has more to say (what had arrived, what it cost); a model that does not is left behind. */
  #end(reason: unknown, error: ModelError): void {
    this.#over = true;
    const beside = turnsBelow;
    turnsBelow = 0;
    this.#cancellation.abort(reason);
    const turns = turnsBelow + turnsToPassOn;
    turnsBelow = Math.max(beside, turns);
    void afterTurns(turns, () => this.#reject(error));
  }

  /** From here on other limits hold, of which one may end sooner than that for which the timer was set. */
  #commit(now: number): void {
    this.#committed = true;
    clearTimeout(this.#timer);
    this.#arm(now);
  }

  #arm(now: number): void {
    const ms = Math.min(this.#attemptLeftMs(now), this.#pieceLeftMs(now), this.#shareLeftMs(now));
    if (ms < Infinity) this.#timer = setTimeout(this.#check, Math.min(Math.ceil(ms), longestTimerMs));
  }

  #overdue(now: number): ModelError | undefined {
    const { attemptMs, firstTokenMs, idleMs } = this.#limits;
    if (this.#shareLeftMs(now) <= 0)
      return outOfTime(this.#request, { model: this.#name, possiblyBilled: now > this.#startedAt });
    if (this.#attemptLeftMs(now) <= 0) return this.#error('attempt_timeout', `no answer within ${duration(attemptMs)}`);
    if (this.#pieceLeftMs(now) > 0) return undefined;
    return this.#committed
      ? this.#error('idle_timeout', `the stream was silent for ${duration(idleMs)}`)
      : this.#error('first_token_timeout', `no first token within ${duration(firstTokenMs)}`);
  }

  #error(code: ModelErrorCode, reason: string): ModelError {
    return new ModelError(code, { model: this.#name, reason, committed: this.#committed, possiblyBilled: true });
  }

  #attemptLeftMs(now: number): number {
    const heldMs = this.#heldMs + (this.#readers > 0 ? now - this.#heldSince : 0);
    return this.#limits.attemptMs - (now - this.#startedAt - heldMs);
  }

  /** Until the first token or the next piece must be there. */
  #pieceLeftMs(now: number): number {
    const { firstTokenMs, idleMs } = this.#limits;
    if (!this.#isStream) return Infinity;
    if (!this.#committed) return firstTokenMs - (now - this.#startedAt);
    return this.#readers > 0 ? idleMs : idleMs - (now - this.#lastPieceAt);
  }

  /** Until this link has had its share of the deadline, which binds a stream only until it is committed. */
  #shareLeftMs(now: number): number {
    const { plan } = this.#request;
    return plan === undefined || (this.#isStream && this.#committed) ? Infinity : plan.linkDeadlineAt - now;
  }
}
