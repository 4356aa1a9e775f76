import { CostTracker } from './cost-tracker.ts';
import type { CostTrackerOptions } from './tracker-options.ts';
import { StoredLedger, type SkippedLines } from './ledger-file/stored-ledger.ts';
import type { LedgerRow } from './row.ts';

/** A ledger that was read back from the disk. */
export interface LoadedLedger {
  /** Has every row: its summary and its reports are those of the ledger. */
  readonly tracker: CostTracker;
  /** Reads them all once more, in memory that does not depend on their number. */
  rows(): AsyncGenerator<LedgerRow>;
  /** Lines that are no rows, and were left out. */
  readonly skipped: Readonly<SkippedLines>;
}

/**
 * Reads what trackers with the option `ledger` have written, all processes together.
 *
 * @example
 * const { tracker } = await loadLedger('./ledger');
 * console.log(tracker.report());
 *
 * @throws {Error} when there is no such folder or file, or it cannot be read.
 * @throws {TypeError} when an option is not what it should be.
 */
export async function loadLedger(
  path: string,
  options: Omit<CostTrackerOptions, 'ledger' | 'durability'> = {},
): Promise<LoadedLedger> {
  const tracker = new CostTracker(options);
  const stored = await StoredLedger.open(path);
  const skipped: SkippedLines = { broken: 0, newer: 0 };
  for await (const row of stored.rows(skipped)) tracker.add(row);
  return { tracker, rows: () => stored.rows(), skipped };
}
