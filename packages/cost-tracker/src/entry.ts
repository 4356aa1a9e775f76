import { cacheUseOf, type CacheUse } from './cache-tally.ts';
import { bucketOf } from './latency.ts';
import type { LedgerRow } from './row.ts';
import { amountOf } from './spend.ts';

/** A row, and what every tally that it goes into would else work out again. */
export interface Entry {
  readonly row: LedgerRow;
  /** Its cost, as `Spend` takes it. */
  readonly amount: number;
  readonly cacheUse: CacheUse | undefined;
  readonly latencyBucket: number;
  readonly firstTokenBucket: number;
}

export function entryOf(row: LedgerRow): Entry {
  const { latencyMs, firstTokenMs, costPicodollars } = row;
  return {
    row,
    amount: amountOf(costPicodollars),
    cacheUse: cacheUseOf(row),
    latencyBucket: latencyMs === undefined ? 0 : bucketOf(latencyMs),
    firstTokenBucket: firstTokenMs === undefined ? 0 : bucketOf(firstTokenMs),
  };
}
