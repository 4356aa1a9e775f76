import { resolve } from 'node:path';
import { type CostTracker, compareRuns, costOf, diff, reportComparison, reportDiff } from '@rolecall/cost-tracker';
import { CommandError, exitCodes } from './exit-codes.ts';
import { type Io, widthOf } from './io.ts';
import { isColoured } from './paint.ts';
import { ledgerAt } from './report-ledger.ts';
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
  const { baseline } = options;
  if (baseline !== undefined) checkBaseline(baseline);
  const tracker = await ledgerAt(path, baseline, io);
  const before = options.diff === undefined ? undefined : await ledgerAt(options.diff, baseline, io);
  if (options.html !== undefined) {
    await written(options.html, tracker.exportHtml(resolve(io.cwd, options.html), { title: `Cost report of ${path}` }));
    io.stderr.write(`The page is in ${options.html}\n`);
  }
  if (options.csv !== undefined) {
    await written(options.csv, tracker.exportCsv(resolve(io.cwd, options.csv)));
    io.stderr.write(`The rows are in ${options.csv}\n`);
  }
  if (before) return compare(before, tracker, options, io);
  const layout = { columns: widthOf(io.stdout), colour: isColoured(io.stdout, io.env) };
  io.stdout.write(
    options.json
      ? `${JSON.stringify(tracker.summary(), undefined, 2)}\n`
      : tracker.report({ ...layout, maxLines: options.lines }),
  );
  return exitCodes.fine;
}

/** Its rows have their prices; what it is compared with needs one of the table. */
function checkBaseline(model: string): void {
  const { unpriced } = costOf({ model, usage: { inputTokens: 1, outputTokens: 1 } });
  if (unpriced?.code !== 'no_price') return;
  throw new CommandError(
    `--baseline: no price is known for ${JSON.stringify(model)}. Name a model with a list price, such as openai/gpt-4.`,
  );
}

function compare(before: CostTracker, after: CostTracker, { failOnRise, runsPerDay, json }: ReportOptions, io: Io): number {
  const layout = { columns: widthOf(io.stdout), colour: isColoured(io.stdout, io.env) };
  const change = diff(before, after, { failOnRiseShare: failOnRise });
  const perDay = runsPerDay === undefined ? undefined : compareRuns(before, after, { runsPerDay });
  if (json) io.stdout.write(`${JSON.stringify({ diff: change, runs: perDay }, undefined, 2)}\n`);
  else io.stdout.write(`${reportDiff(change, layout)}${perDay ? `\n${reportComparison(perDay, layout)}` : ''}`);
  return change.exitCode === 0 ? exitCodes.fine : exitCodes.failed;
}
