import { resolve } from 'node:path';
import { type CostTracker, compareRuns, diff, loadLedger, reportComparison, reportDiff } from '@rolecall/cost-tracker';
import { codeOf } from './config-file.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import { type Io, widthOf } from './io.ts';
import { isColoured } from './paint.ts';
import { plural } from './text.ts';
import { written } from './written.ts';

export interface ReportOptions {
  readonly html?: string | undefined;
  readonly csv?: string | undefined;
  readonly json?: boolean | undefined;
  readonly baseline?: string | undefined;
  readonly diff?: string | undefined;
  readonly failOnRise?: number | undefined;
  readonly runsPerDay?: number | undefined;
  readonly lines: number;
}

/** Prints what a ledger came to, or what changed since another. */
export async function report(path: string, options: ReportOptions, io: Io): Promise<number> {
  if (options.diff === undefined && (options.failOnRise ?? options.runsPerDay) !== undefined)
    throw new CommandError('--fail-on-rise and --runs-per-day compare with another ledger: name it with --diff.');
  const tracker = await ledgerAt(path, options, io);
  if (options.html !== undefined) {
    await written(options.html, tracker.exportHtml(resolve(io.cwd, options.html), { title: `Cost report of ${path}` }));
    io.stderr.write(`The page is in ${options.html}\n`);
  }
  if (options.csv !== undefined) {
    await written(options.csv, tracker.exportCsv(resolve(io.cwd, options.csv)));
    io.stderr.write(`The rows are in ${options.csv}\n`);
  }
  if (options.diff !== undefined) return compare(await ledgerAt(options.diff, options, io), tracker, options, io);
  const layout = { columns: widthOf(io.stdout), colour: isColoured(io.stdout, io.env) };
  io.stdout.write(
    options.json
      ? `${JSON.stringify(tracker.summary(), undefined, 2)}\n`
      : tracker.report({ ...layout, maxLines: options.lines }),
  );
  return exitCodes.fine;
}

function compare(before: CostTracker, after: CostTracker, { failOnRise, runsPerDay, json }: ReportOptions, io: Io): number {
  const layout = { columns: widthOf(io.stdout), colour: isColoured(io.stdout, io.env) };
  const change = diff(before, after, { failOnRiseShare: failOnRise });
  const perDay = runsPerDay === undefined ? undefined : compareRuns(before, after, { runsPerDay });
  if (json) io.stdout.write(`${JSON.stringify({ diff: change, runs: perDay }, undefined, 2)}\n`);
  else io.stdout.write(`${reportDiff(change, layout)}${perDay ? `\n${reportComparison(perDay, layout)}` : ''}`);
  return change.exitCode === 0 ? exitCodes.fine : exitCodes.failed;
}

/** Every row is kept: a page and a table of rows show those that are. */
async function ledgerAt(path: string, { baseline }: ReportOptions, io: Io): Promise<CostTracker> {
  try {
    const { tracker, skipped } = await loadLedger(resolve(io.cwd, path), { baseline, keepRows: 1_000_000 });
    const left = skipped.broken + skipped.newer;
    if (left > 0)
      io.stderr.write(
        `warning: ${path}: ${plural(left, 'line was', 'lines were')} left out, ${skipped.broken} broken and ${skipped.newer} of a newer version\n`,
      );
    return tracker;
  } catch (error) {
    if ((error as { code?: unknown }).code === undefined) throw error;
    throw new CommandError(
      `${path} cannot be read (${codeOf(error)}). Name the folder that a tracker writes: new CostTracker({ ledger: './ledger' }).`,
      { cause: error },
    );
  }
}
