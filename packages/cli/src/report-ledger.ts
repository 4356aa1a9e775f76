import { readdir, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type CostTracker, loadLedger } from '@rolecall/cost-tracker';
import { codeOf } from './config-file.ts';
import { CommandError } from './exit-codes.ts';
import type { Io } from './io.ts';
import { plural } from './text.ts';

const remedy = "Name the folder that a tracker writes: new CostTracker({ ledger: './ledger' }).";

/** As a tracker names its files: moment, process, chance, number. */
const segmentName = /^\d{4}-\d\d-.*Z-\d+-[\da-f]{8}-\d{4,}\.jsonl$/;

/**
 * Every row is kept: a page and a table of rows show those that are.
 *
 * @throws {CommandError} when there is no ledger: no figure is better than one that says that nothing was spent.
 */
export async function ledgerAt(path: string, baseline: string | undefined, io: Io): Promise<CostTracker> {
  const place = resolve(io.cwd, path);
  try {
    const { tracker, skipped } = await loadLedger(place, { baseline, keepRows: 1_000_000 });
    const left = skipped.broken + skipped.newer;
    const isEmpty = tracker.rows().length === 0;
    if (isEmpty && skipped.newer > 0)
      throw new CommandError(`${path} was written by a newer version of the tracker: update rolecall.`);
    if (isEmpty && !(await holdsSegments(place))) {
      const why = left === 0 ? 'it has no rows' : `none of its ${plural(left, 'line', 'lines')} is a row`;
      throw new CommandError(`${path} is no ledger: ${why}. ${remedy}`);
    }
    if (left > 0)
      io.stderr.write(
        `warning: ${path}: ${plural(left, 'line was', 'lines were')} left out, ${skipped.broken} broken and ${skipped.newer} of a newer version\n`,
      );
    return tracker;
  } catch (error) {
    if ((error as { code?: unknown }).code === undefined) throw error;
    throw new CommandError(`${path} cannot be read (${codeOf(error)}). ${remedy}`, { cause: error });
  }
}

/** A ledger without rows is one all the same: its process may have ended before the first was whole. */
async function holdsSegments(place: string): Promise<boolean> {
  const names = (await stat(place)).isDirectory() ? await readdir(place) : [basename(place)];
  return names.some((name) => segmentName.test(name));
}
