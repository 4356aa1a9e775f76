import type { Attempt, Middleware, Model, ModelResponse } from '@rolecall/core';
import { Cancellation } from '../cancellation.ts';
import { errorAfter, isRefusal } from '../attempts.ts';
import { carry } from '../compose.ts';
import { ModelError, RouteError } from '../errors.ts';
import { atLeastZero, checkOptions, countFromOne, share } from '../options-check.ts';
import { overlay } from '../overlay.ts';
import { mayTakeExtra, type PlannedRequest, takeExtra } from '../plan.ts';
import { tapped } from '../tap.ts';
import { type Allowance, createAllowance } from './allowance.ts';
import { attemptsBehind } from './behind.ts';
import { createDurations, type Durations } from './quantile.ts';

export interface HedgeOptions {
  /** The second copy is never sent sooner than this many milliseconds after the first. @default 2_000 */
  readonly minDelayMs?: number | undefined;
  /** Answers to be timed before the first hedge. @default 50 */
  readonly minSamples?: number | undefined;
  /** Share of the requests of which a second copy may be sent, from 0 to 1. @default 0.05 */
  readonly maxShare?: number | undefined;
}

type Limits = Readonly<Record<keyof HedgeOptions, number>>;
const defaults: Limits = { minDelayMs: 2_000, minSamples: 50, maxShare: 0.05 };
const quantile = 0.95;
const window = 1_000; // samples after which the older ones begin to be forgotten
const mostSaved = 5; // second copies that can follow each other after a quiet time

/**
 * Sends a second copy of a request whose first token (or plain answer) is later than that of 95 % of the others, and takes
 * whichever comes first. The other is cancelled; both are on record, and both may be billed. Requests with tools are sent once.
 * After Dean and Barroso, "The Tail at Scale" (2013).
 *
 * @example
 * const model = hedge({ minDelayMs: 3_000 })(openai('gpt-4o'));
 *
 * @throws {TypeError} when an option is not valid.
 */
export function hedge(options: HedgeOptions = {}): Middleware {
  checkOptions('hedge', options, { minDelayMs: atLeastZero, minSamples: countFromOne, maxShare: share });
  const { minDelayMs, minSamples, maxShare } = overlay<Limits>(defaults, options);

  return (next) => {
    const kept = Math.max(window, 2 * minSamples); // so that after forgetting there are still enough
    const [streamed, plain] = [createDurations(kept), createDurations(kept)];
    const allowance = createAllowance(maxShare, mostSaved);

    const model: Model = async (request) => {
      if (request.wire || (request.tools && request.tools.length > 0)) return await next(request);
      const times = request.onDelta ? streamed : plain;
      allowance.earn();
      const delayMs = times.count < minSamples ? undefined : Math.max(minDelayMs, times.quantile(quantile));
      return await new Race(next, request, times).run(delayMs, allowance);
    };
    return carry(next, model);
  };
}

/** One of the calls that race for the same answer. */
interface Copy {
  readonly link: Cancellation;
  readonly start: number;
  readonly startedAt: number;
  readonly answer: Promise<ModelResponse>;
}

/** One request and the copies of it. The first to say something, or to answer, wins. */
class Race {
  readonly #next: Model;
  readonly #request: PlannedRequest;
  readonly #times: Durations;
  readonly #copies: Copy[] = [];
  readonly #decided: Promise<void>;
  #decide: () => void = () => undefined;
  #failures = 0;
  #winner: Copy | undefined;

  constructor(next: Model, request: PlannedRequest, times: Durations) {
    this.#next = next;
    this.#request = request;
    this.#times = times;
    this.#decided = new Promise((resolve) => (this.#decide = resolve));
  }

  async run(delayMs: number | undefined, allowance: Allowance): Promise<ModelResponse> {
    const { signal, plan } = this.#request;
    const first = this.#send();
    const second = (): void => {
      if (!signal?.aborted && mayTakeExtra(plan) && allowance.take() && takeExtra(plan)) this.#send();
    };
    const timer = delayMs === undefined ? undefined : setTimeout(second, delayMs);
    try {
      await this.#decided;
      clearTimeout(timer);
      return await this.#result(this.#winner ?? first);
    } finally {
      for (const { link } of this.#copies) link.release();
    }
  }

  #send(): Copy {
    const link = new Cancellation(this.#request.signal);
    const piece = (says: boolean): boolean => {
      if (says) this.#won(copy);
      return this.#winner === copy;
    };
    const request = { ...this.#request, ...tapped(this.#request, { piece }), signal: link.signal };
    const copy: Copy = {
      link,
      start: performance.now(),
      startedAt: Date.now(),
      answer: Promise.resolve(request).then(this.#next),
    };
    this.#copies.push(copy);
    copy.answer.then(
      () => this.#won(copy),
      (error: unknown) => this.#failed(copy, error),
    );
    return copy;
  }

  #won(copy: Copy): void {
    if (this.#winner) return;
    const now = performance.now();
    for (const { start } of this.#copies) this.#times.add(now - start); // the others would have taken longer still
    this.#end(copy);
  }

  /** A failure of one copy leaves it to the other, unless it says that nobody should be asked. */
  #failed(copy: Copy, error: unknown): void {
    this.#failures += 1;
    if (!this.#winner && !mayPass(error)) this.#end(copy);
    else if (this.#failures === this.#copies.length) this.#decide();
  }

  #end(winner: Copy): void {
    this.#winner = winner;
    for (const copy of this.#copies) if (copy !== winner) copy.link.abort(new ModelError('aborted', this.#factsOf(copy)));
    this.#decide();
  }

  async #result(winner: Copy): Promise<ModelResponse> {
    const others = this.#copies.filter((copy) => copy !== winner);
    const lost = async (): Promise<readonly Attempt[]> =>
      (await Promise.all(others.map((copy) => attemptsBehind(copy.answer, this.#factsOf(copy))))).flat();
    try {
      const response = await winner.answer;
      if (others.length === 0) return response;
      const own = await attemptsBehind(winner.answer, this.#factsOf(winner));
      return { ...response, attempts: [...(await lost()), ...own] };
    } catch (error) {
      throw errorAfter(await lost(), error);
    }
  }

  #factsOf({ startedAt }: Copy): { model: string; startedAt: number; reason: string } {
    return { model: this.#next.id ?? 'model', startedAt, reason: 'another copy of the request was quicker' };
  }
}

function mayPass(error: unknown): boolean {
  if (ModelError.isInstance(error)) return error.replaceable;
  return RouteError.isInstance(error) || (isRefusal(error) && error.action === 'next');
}
