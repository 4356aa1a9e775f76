import type { LedgerRow } from './row.ts';
import type { Summary } from './summary.ts';

/** Raised when a field of the file changes its meaning. */
const schemaVersion = 1;

/** Summary and rows as one JSON text; exact amounts are texts, since JSON has no whole numbers of that size. */
export function toJson(summary: Summary, rows: readonly LedgerRow[]): string {
  const content = {
    schema: 'rolecall-ledger',
    version: schemaVersion,
    exportedAt: new Date().toISOString(),
    currency: 'USD',
    summary,
    rows: rows.map((row) => ({ ...row, costPicodollars: row.costPicodollars === null ? null : String(row.costPicodollars) })),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
