import type { LedgerRow } from './row.ts';

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
  at: number;
  picodollars: bigint;
  simulatedPicodollars: bigint;
  requests: number;
  unpricedRequests: number;
}

/** Sums by the hour, for when there have been more rows than are kept. */
export class SpendHistory {
  readonly #hours = new Map<number, Sum>();

  add({ at, outcome, costPicodollars, simulated }: LedgerRow): void {
    if (outcome === 'cache_hit') return;
    const hour = Math.floor(at / hourMs);
    const sum = this.#hours.get(hour) ?? this.#open(hour, at);
    sum.at = Math.min(sum.at, at);
    sum.requests += 1;
    if (costPicodollars === null) sum.unpricedRequests += 1;
    else sum.picodollars += costPicodollars;
    if (simulated) sum.simulatedPicodollars += costPicodollars ?? 0n;
  }

  /** In the order of time. */
  hours(): Spent[] {
    return [...this.#hours.values()]
      .map(({ picodollars, ...sum }) => ({ ...sum, costPicodollars: sum.requests === sum.unpricedRequests ? null : picodollars }))
      .toSorted((a, b) => a.at - b.at);
  }

  #open(hour: number, at: number): Sum {
    const sum = { at, picodollars: 0n, simulatedPicodollars: 0n, requests: 0, unpricedRequests: 0 };
    this.#hours.set(hour, sum);
    if (this.#hours.size > mostHours) this.#hours.delete([...this.#hours.keys()].reduce((a, b) => Math.min(a, b)));
    return sum;
  }
}
