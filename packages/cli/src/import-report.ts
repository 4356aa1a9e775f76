import type { KeyReport, Treatment } from '@rolecall/router/config';
import { readConfig } from './config-file.ts';
import { exitCodes } from './exit-codes.ts';
import { type Io, widthOf } from './io.ts';
import { paintFor } from './paint.ts';
import { wrapped } from './text.ts';

export interface ImportReportOptions {
  readonly strict?: boolean | undefined;
  readonly json?: boolean | undefined;
}

const groups: readonly (readonly [Treatment, string])[] = [
  ['honoured', 'does what it does in LiteLLM'],
  ['changed', 'does something near to it'],
  ['ignored', 'known, and without effect here'],
  ['unknown', 'no key of LiteLLM or Rolecall, and without effect'],
];

/** Says what became of every key of a LiteLLM configuration. */
export async function importReport(path: string, options: ImportReportOptions, io: Io): Promise<number> {
  const { report } = await readConfig(path, io);
  if (options.json) io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else for (const [treatment, meaning] of groups) printGroup(treatment, meaning, report, io);
  const isFine = !options.strict || report.every(({ treatment }) => treatment === 'honoured' || treatment === 'changed');
  return isFine ? exitCodes.fine : exitCodes.failed;
}

function printGroup(treatment: Treatment, meaning: string, report: readonly KeyReport[], { stdout, env }: Io): void {
  const keys = report.filter((one) => one.treatment === treatment);
  if (keys.length === 0) return;
  const paint = paintFor(stdout, env);
  stdout.write(`${paint.bold(`${treatment} (${keys.length})`)}: ${meaning}\n`);
  for (const { key, line, note } of keys) {
    stdout.write(`  line ${String(line).padStart(3)}  ${key}\n`);
    if (note !== undefined) stdout.write(`${wrapped(note, widthOf(stdout), ' '.repeat(12)).join('\n')}\n`);
  }
  stdout.write('\n');
}
