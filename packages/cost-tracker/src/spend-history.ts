import type { Entry } from './entry.ts';
import type { LedgerRow } from './row.ts';
import { Spend } from './spend.ts';

/** What was spent by one request, or by those of an hour. */
export interface Spent {
  /** When the first of them began, in epoch milliseconds. */
  readonly at: number;
  readonly costPicodollars: bigint | null;
  readonly simulatedPicodollars: bigint;
  readonly requests: number;
  readonly unpricedRequests: number;
}

/** One request as what was spent by it. */
export function spentBy({ at, costPicodollars, simulated }: LedgerRow): Spent {
  const unpricedRequests = costPicodollars === null ? 1 : 0;
  return { at, costPicodollars, simulatedPicodollars: simulated ? (costPicodollars ?? 0n) : 0n, requests: 1, unpricedRequests };
}

const hourMs = 3_600_000;
const mostHours = 92 * 24; // a quarter, so that a month's forecast never lacks its beginning

interface Sum {
  readonly hour: number;
  at: number;
  readonly all: Spend;
  readonly simulated: Spend;
}

/** Sums by the hour, for when there have been more rows than are kept. */
export class SpendHistory {
  readonly #hours = new Map<number, Sum>();
  /** That of the last row, which is mostly that of the next. */
  #latest: Sum | undefined;

  add({ row: { at, outcome, costPicodollars, simulated }, amount }: Entry): void {
    if (outcome === 'cache_hit') return;
    const hour = Math.floor(at / hourMs);
    const sum = this.#latest?.hour === hour ? this.#latest : (this.#hours.get(hour) ?? this.#open(hour, at));
    this.#latest = sum;
    sum.at = Math.min(sum.at, at);
    sum.all.add(costPicodollars, amount);
    if (simulated) sum.simulated.add(costPicodollars, amount);
  }

  /** In the order of time. */
  hours(): Spent[] {
    return [...this.#hours.values()]
      .map(({ at, all, simulated }) => ({
        at,
        costPicodollars: all.known,
        simulatedPicodollars: simulated.known ?? 0n,
        requests: all.requests,
        unpricedRequests: all.unpriced,
      }))
      .toSorted((a, b) => a.at - b.at);
  }

  #open(hour: number, at: number): Sum {
    const sum = { hour, at, all: new Spend(), simulated: new Spend() };
    this.#hours.set(hour, sum);
    if (this.#hours.size > mostHours) this.#hours.delete([...this.#hours.keys()].reduce((a, b) => Math.min(a, b)));
    return sum;
  }
}
