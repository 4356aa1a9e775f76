import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LedgerRow } from './row.ts';
import type { Summary } from './summary.ts';

/** Raised when a field of the file changes its meaning. */
const schemaVersion = 1;

/** Writes beside the file and renames: whoever reads it never sees half of it. */
export async function writeLedger(path: string, summary: Summary, rows: readonly LedgerRow[]): Promise<void> {
  const content = {
    schema: 'rolecall-ledger',
    version: schemaVersion,
    exportedAt: new Date().toISOString(),
    currency: 'USD',
    summary,
    rows: rows.map((row) => ({ ...row, costPicodollars: row.costPicodollars === null ? null : String(row.costPicodollars) })),
  };
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;

  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(temporary, `${JSON.stringify(content, undefined, 2)}\n`);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
