import { BoundedMap } from './bounded-map.ts';
import { usdNumber } from './money.ts';
import type { LedgerRow } from './row.ts';

/** What it took to try again. */
export interface RetryFigures {
  /** Requests made because an earlier one of the same call had failed. */
  readonly requests: number;
  /** What those earlier ones cost: a part of what failed requests cost. */
  readonly costUsd: number;
  /** Earlier ones whose cost cannot be known. */
  readonly unpriced: number;
}

const mostCalls = 10_000;

/** Tells which failed attempts were made up for: those whose call has another attempt. */
export class RetryTally {
  /** The last failed attempt of calls that may go on. */
  readonly #failed = new BoundedMap<bigint | null>(mostCalls);
  #requests = 0;
  #picodollars = 0n;
  #unpriced = 0;

  add({ id, callId = id, outcome, costPicodollars }: LedgerRow): void {
    const before = this.#failed.size === 0 ? undefined : this.#failed.get(callId);
    if (before !== undefined) {
      this.#failed.delete(callId);
      this.#requests += 1;
      if (before === null) this.#unpriced += 1;
      else this.#picodollars += before;
    }
    if (outcome === 'failed') this.#failed.add(callId, costPicodollars);
  }

  figures(): RetryFigures {
    return { requests: this.#requests, costUsd: usdNumber(this.#picodollars), unpriced: this.#unpriced };
  }
}
