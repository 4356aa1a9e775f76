import { atLeastZero, checkOptions } from '../options-check.ts';
import { SlidingWindow } from './sliding-window.ts';

export interface RetryBudgetOptions {
  /** Retries as a share of the calls of the last ten seconds. @default 0.2 */
  readonly share?: number | undefined;
  /** Retries a second on top of that, so that a quiet program may retry too. @default 3 */
  readonly perSecond?: number | undefined;
}

/** Leave to repeat one call. */
export interface RetryLeave {
  /** The retry has answered: what it took from the backend's bucket goes back. */
  answered(): void;
}

const windowMs = 10_000;
const slots = 100;
const bucketSize = 500;
const cost = 14;
const costWhenThrottled = 5;

/**
 * Keeps retries from multiplying an outage. All of a router together make at most a share of the traffic, and each backend has a
 * bucket that its failures empty and its answers fill: the retry quota of the AWS SDKs (smithy-typescript, standard mode).
 */
export class RetryBudget {
  readonly #share: number;
  readonly #floor: number;
  readonly #calls = new SlidingWindow(windowMs, slots);
  readonly #retries = new SlidingWindow(windowMs, slots);
  /** Tokens left, of the backends whose bucket is not full. */
  readonly #buckets = new Map<string, number>();

  constructor(options: RetryBudgetOptions = {}) {
    checkOptions('retry.budget', options, { share: atLeastZero, perSecond: atLeastZero });
    this.#share = options.share ?? 0.2;
    this.#floor = ((options.perSecond ?? 3) * windowMs) / 1_000;
  }

  /** Counts a call that is no retry. */
  count(): void {
    this.#calls.add(1);
  }

  /** A first call has answered. */
  reward(backend: string | undefined): void {
    if (this.#buckets.size > 0 && backend !== undefined) this.#fill(backend, 1);
  }

  /** Takes one retry; of the bucket too if it is this backend that would be asked again. */
  take(backend: string | undefined, isThrottled: boolean): RetryLeave | undefined {
    if (this.#retries.used() + 1 > this.#calls.used() * this.#share + this.#floor) return undefined;
    const price = backend === undefined ? 0 : isThrottled ? costWhenThrottled : cost;
    const left = backend === undefined ? bucketSize : (this.#buckets.get(backend) ?? bucketSize);
    if (left < price) return undefined;
    this.#retries.add(1);
    if (backend === undefined) return { answered: () => undefined };
    this.#buckets.set(backend, left - price);
    return { answered: () => this.#fill(backend, price) };
  }

  #fill(backend: string, tokens: number): void {
    const left = this.#buckets.get(backend);
    if (left === undefined) return;
    if (left + tokens >= bucketSize) this.#buckets.delete(backend);
    else this.#buckets.set(backend, left + tokens);
  }
}
