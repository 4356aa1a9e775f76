import { formatSaving, formatUsd, plural } from './format.ts';
import { factLines, indented, joined, layoutOf, type Fact, type Layout, type LayoutOptions } from './layout.ts';
import { textTable, type TextColumn } from './text-table.ts';

export interface ComparedRun {
  /** Its workflows, whose calls alone are compared; where there are none, all calls are one run. */
  readonly runs: number;
  readonly requests: number;
  /** While there are any, the cost of a run is not known. */
  readonly unpriced: number;
  readonly simulatedRequests: number;
}

/** A negative saving is a loss. `null` where a cost is not known. */
export interface ComparedCosts {
  readonly beforeUsd: number | null;
  readonly afterUsd: number | null;
  readonly savedUsd: number | null;
}

export interface RunComparison {
  readonly before: ComparedRun;
  readonly after: ComparedRun;
  readonly savedShare: number | null;
  readonly perRun: ComparedCosts;
  /** `null` without `runsPerDay`. */
  readonly perDay: (ComparedCosts & { readonly runs: number }) | null;
  /** `null` without `runsPerDay`. */
  readonly perMonth: (ComparedCosts & { readonly days: number }) | null;
  /** The table of `reportComparison`. */
  toString(): string;
}

/** A comparison of runs as a table. */
export function reportComparison(comparison: RunComparison, options: LayoutOptions = {}): string {
  return joined([comparisonSection(comparison, layoutOf(options))]);
}

const runColumns: readonly TextColumn[] = [
  { title: 'USD', align: 'left' },
  { title: 'Before', align: 'right', dropOrder: 2 },
  { title: 'After', align: 'right', dropOrder: 1 },
  { title: 'Saved', align: 'right' },
];

export function comparisonSection(
  { before, after, perRun, perDay, perMonth, savedShare }: RunComparison,
  { width, heading }: Layout,
): string[] {
  const lines = [
    ['Per run', perRun] as const,
    ...(perDay ? [[`Per day (${plural(perDay.runs, 'run', 'runs')})`, perDay] as const] : []),
    ...(perMonth ? [[`Per month (${plural(perMonth.days, 'day', 'days')})`, perMonth] as const] : []),
  ];
  const rows = lines.map(([label, { beforeUsd, afterUsd, savedUsd }]) => [
    label,
    formatUsd(beforeUsd),
    formatUsd(afterUsd),
    formatUsd(savedUsd),
  ]);
  const notes: Fact[] = [['Saved', savedShare === null ? 'not available' : formatSaving(savedShare)]];
  const unpriced = before.unpriced + after.unpriced;
  if (unpriced > 0) notes.push(['Unpriced', `${plural(unpriced, 'request', 'requests')}, so the cost of a run is unknown`]);
  const simulated = before.simulatedRequests + after.simulatedRequests;
  if (simulated > 0) notes.push(['Simulated', `${plural(simulated, 'request', 'requests')} of both runs: no money spent`]);
  return [
    ...heading('Run against run (each on the tokens it used)'),
    ...indented(textTable(runColumns, rows, width - 2)),
    ...factLines(notes, width),
  ];
}
