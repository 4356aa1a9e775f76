import type { Entry } from './entry.ts';
import type { LedgerRow } from './row.ts';
import { Spend } from './spend.ts';

/** What was spent by one request, or by those of a quarter of an hour. */
export interface Spent {
  /** When the first of them began, in epoch milliseconds. */
  readonly at: number;
  /** When the last of them did. */
  readonly until: number;
  readonly costPicodollars: bigint | null;
  readonly simulatedPicodollars: bigint;
  readonly requests: number;
  readonly unpricedRequests: number;
}

/** One request as what was spent by it. */
export function spentBy({ at, costPicodollars, simulated }: LedgerRow): Spent {
  const unpricedRequests = costPicodollars === null ? 1 : 0;
  const simulatedPicodollars = simulated ? (costPicodollars ?? 0n) : 0n;
  return { at, until: at, costPicodollars, simulatedPicodollars, requests: 1, unpricedRequests };
}

/** Hours begin at :30 and :45, too, in some time zones: no sum lies in two of anybody's. */
const stretchMs = 15 * 60_000;
const mostStretches = (92 * 24 * 3_600_000) / stretchMs; // three months, so that a month's forecast never lacks its beginning

interface Sum {
  readonly stretch: number;
  at: number;
  until: number;
  readonly all: Spend;
  readonly simulated: Spend;
}

/** Sums by the quarter of an hour, for when there have been more rows than are kept. */
export class SpendHistory {
  readonly #sums = new Map<number, Sum>();
  /** That of the last row, which is mostly that of the next. */
  #latest: Sum | undefined;

  add({ row: { at, outcome, costPicodollars, simulated }, amount }: Entry): void {
    if (outcome === 'cache_hit') return;
    const stretch = Math.floor(at / stretchMs);
    const sum = this.#latest?.stretch === stretch ? this.#latest : (this.#sums.get(stretch) ?? this.#open(stretch, at));
    this.#latest = sum;
    sum.at = Math.min(sum.at, at);
    sum.until = Math.max(sum.until, at);
    sum.all.add(costPicodollars, amount);
    if (simulated) sum.simulated.add(costPicodollars, amount);
  }

  /** In the order of time. */
  sums(): Spent[] {
    return [...this.#sums.values()]
      .map(({ at, until, all, simulated }) => ({
        at,
        until,
        costPicodollars: all.known,
        simulatedPicodollars: simulated.known ?? 0n,
        requests: all.requests,
        unpricedRequests: all.unpriced,
      }))
      .toSorted((a, b) => a.at - b.at);
  }

  #open(stretch: number, at: number): Sum {
    const sum = { stretch, at, until: at, all: new Spend(), simulated: new Spend() };
    this.#sums.set(stretch, sum);
    if (this.#sums.size > mostStretches) this.#sums.delete([...this.#sums.keys()].reduce((a, b) => Math.min(a, b)));
    return sum;
  }
}
