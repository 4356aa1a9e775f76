import { leftOut, notCompared, type BaselineFigures } from './baseline.ts';
import { compareRuns, type CompareRunsOptions, type Run } from './compare-runs.ts';
import {
  decimalsFor,
  formatCount,
  formatMs,
  formatName,
  formatSaving,
  formatShare,
  formatUsd,
  plural,
  unknownSign,
} from './format.ts';
import { factLines, indented, joined, layoutOf, type Fact, type Layout, type LayoutOptions } from './layout.ts';
import type { LatencyFigures } from './latency.ts';
import { otherKey } from './rollup.ts';
import { comparisonSection } from './run-comparison.ts';
import type { GroupFigures, Summary } from './summary.ts';
import type { Figures, PartFigures } from './tally.ts';
import { textTable, wrapText, type TextColumn } from './text-table.ts';

export interface ReportOptions extends LayoutOptions, CompareRunsOptions {
  /** Lines in a table; the costliest come first. @default 10 */
  readonly maxLines?: number | undefined;
  /** Another run to compare this one with, each on the tokens it used. @default none */
  readonly against?: Run | undefined;
}

/** The summary in sections: overall, by agent, by model, by workflow, and what was saved. */
export function reportText(summary: Summary, options: ReportOptions): string {
  const layout = layoutOf(options, ['maxLines', 'against', 'runsPerDay', 'daysPerMonth']);
  const { maxLines = 10, against, runsPerDay, daysPerMonth } = options;
  if (!Number.isSafeInteger(maxLines) || maxLines < 1) {
    throw new TypeError(`maxLines: ${String(maxLines)} is not a whole number of at least 1`);
  }
  const sections = [
    overall(summary, layout),
    groups('By agent', summary.byAgent, maxLines, layout),
    groups('By model', summary.byModel, maxLines, layout),
    summary.workflows > 1 ? groups('By workflow', summary.byWorkflow, maxLines, layout) : [],
    summary.baseline ? baselineSection(summary.baseline, layout) : [],
    against ? comparisonSection(compareRuns(against, summary, { runsPerDay, daysPerMonth }), layout) : [],
    summary.simulated.requests > 0
      ? wrapText('~ ', 'answered by a simulator, in whole or in part: nobody was paid for it', layout.width)
      : [],
  ];
  return joined(sections);
}

function overall(summary: Summary, { width, heading }: Layout): string[] {
  const { requests, errors, aborted, cacheHits, cache, tokens, workflows, simulated, estimated, approximate, unpriced } = summary;
  const facts: Fact[] = [
    ['Cost', amount(summary)],
    ['Requests', `${formatCount(requests)} (${formatCount(errors)} failed, ${formatCount(aborted)} aborted)`],
    ['Tokens', `${formatCount(tokens.total)} (${formatCount(tokens.input)} in, ${formatCount(tokens.output)} out)`],
    ['Latency', latency(summary.latencyMs)],
  ];
  if (summary.firstTokenMs.count > 0) facts.push(['First token', latency(summary.firstTokenMs)]);
  if (summary.outputTokensPerSecond !== null)
    facts.push(['Speed', `${formatMs(summary.outputTokensPerSecond)} output tokens a second`]);
  if (workflows > 0) facts.push(...perWorkflow(summary));
  if (errors + aborted > 0) facts.push(['Wasted', wastedText(summary)]);
  if (cacheHits > 0) facts.push(['From cache', `${plural(cacheHits, 'answer', 'answers')}, free and not among the requests`]);
  if (cache.readTokens + cache.writtenTokens > 0) facts.push(['Prompt cache', cacheText(summary)]);
  if (unpriced > 0)
    facts.push(['Unpriced', `${plural(unpriced, 'request', 'requests')} of unknown cost, in no amount on this page`]);
  if (estimated.requests > 0) facts.push(['Estimated', `${partText(estimated)}: how many tokens there were was not reported`]);
  if (approximate.requests > 0)
    facts.push(['Approximate', `${partText(approximate)}: the price may be off a little, each row says why`]);
  if (simulated.requests > 0) facts.push(['Simulated', `${partText(simulated)}: no money spent`]);
  return [...heading('Overall'), ...factLines(facts, width)];
}

/** What a success cost is another figure only if not all were. */
function perWorkflow({ workflows, workflowsSucceeded, costPerWorkflowUsd, costPerSuccessUsd, unpriced }: Summary): Fact[] {
  const usd = (costUsd: number | null): string => amount({ costUsd, unpriced });
  const facts: Fact[] = [['Per workflow', `${usd(costPerWorkflowUsd)} (${plural(workflows, 'workflow', 'workflows')})`]];
  if (workflowsSucceeded === workflows) return facts;
  const each =
    workflowsSucceeded === 0 ? 'none succeeded' : `${usd(costPerSuccessUsd)} (${formatCount(workflowsSucceeded)} succeeded)`;
  return [...facts, ['Per success', each]];
}

function wastedText({ wasted: { failedUsd, abortedUsd }, retries }: Summary): string {
  const again = retries.requests > 0 ? `; ${plural(retries.requests, 'retry', 'retries')}` : '';
  return `${amount({ costUsd: failedUsd, unpriced: 0 })} on failed requests, ${amount({ costUsd: abortedUsd, unpriced: 0 })} on aborted ones${again}`;
}

function cacheText({ cache: { hitRate, savedUsd } }: Summary): string {
  const saved =
    savedUsd === null ? 'what that saved is unknown' : `${formatUsd(Math.abs(savedUsd))} USD ${savedUsd < 0 ? 'lost' : 'saved'}`;
  return `${formatShare(hitRate)} of the input read from it, ${saved}`;
}

function amount({ costUsd, unpriced }: Pick<Figures, 'costUsd' | 'unpriced'>): string {
  if (costUsd === null) return 'unknown';
  return `${unpriced > 0 ? 'at least ' : ''}${formatUsd(costUsd)} USD`;
}

function partText(part: PartFigures): string {
  const requests = plural(part.requests, 'request', 'requests');
  return part.costUsd === null ? `${requests} of unknown cost` : `${requests}, ${amount(part)} of the cost above`;
}

/** A 99th percentile of fewer than a hundred calls would only repeat the slowest. */
function latency({ count, avg, p50, p95, p99, max }: LatencyFigures): string {
  if (count === 0) return 'not measured';
  const high = count < 100 ? '' : `, p99 ${formatMs(p99)}`;
  return `avg ${formatMs(avg)} ms, p50 ${formatMs(p50)}, p95 ${formatMs(p95)}${high}, max ${formatMs(max)} (${plural(count, 'answer', 'answers')})`;
}

interface GroupColumn extends TextColumn {
  /** Says nothing of most ledgers, and is left out where it is empty. */
  readonly extra?: boolean;
}

const groupColumns: readonly GroupColumn[] = [
  { title: '', align: 'left' },
  { title: 'Cost USD', align: 'right', dropOrder: 0 },
  { title: 'Share', align: 'right', dropOrder: 1 },
  { title: 'Requests', align: 'right', dropOrder: 2 },
  { title: 'Failed', align: 'right', dropOrder: 5 },
  { title: 'Tokens', align: 'right', dropOrder: 3 },
  { title: 'Cached', align: 'right', dropOrder: 7, extra: true },
  { title: 'Avg ms', align: 'right', dropOrder: 4 },
  { title: 'P95 ms', align: 'right', dropOrder: 6 },
  { title: 'First ms', align: 'right', dropOrder: 8, extra: true },
  { title: 'Tokens/s', align: 'right', dropOrder: 9, extra: true },
];

function groups(
  title: string,
  figures: Readonly<Record<string, GroupFigures>>,
  maxLines: number,
  { width, heading }: Layout,
): string[] {
  const entries = Object.entries(figures).toSorted(([, a], [, b]) => (b.costUsd ?? -1) - (a.costUsd ?? -1));
  if (entries.length === 0) return [];
  const shown = entries.slice(0, maxLines);
  const decimals = Math.max(...shown.map(([, { costUsd }]) => decimalsFor(costUsd)));
  const rows = shown.map(([name, group]) => groupCells(name, group, decimals));
  const wanted = (_: unknown, column: number): boolean =>
    !groupColumns[column]?.extra || rows.some((cells) => cells[column] !== unknownSign);
  const left = entries.length - shown.length;
  return [
    ...heading(title),
    ...indented(
      textTable(
        groupColumns.filter(wanted),
        rows.map((cells) => cells.filter(wanted)),
        width - 2,
      ),
    ),
    ...(left > 0 ? [`  and ${formatCount(left)} more`] : []),
  ];
}

function groupCells(name: string, group: GroupFigures, decimals: number): string[] {
  const { costUsd, unpriced, simulated, share, requests, errors, tokens, cache, latencyMs } = group;
  return [
    `${simulated.requests > 0 ? '~ ' : ''}${name === otherKey ? '(others)' : formatName(name)}`,
    costUsd === null ? 'unpriced' : `${unpriced > 0 ? '>' : ''}${formatUsd(costUsd, decimals)}`,
    formatShare(share),
    formatCount(requests),
    formatCount(errors),
    formatCount(tokens.total),
    formatShare(cache.readTokens === 0 ? null : cache.hitRate),
    formatMs(latencyMs.avg),
    formatMs(latencyMs.p95),
    formatMs(group.firstTokenMs.p50),
    formatMs(group.outputTokensPerSecond),
  ];
}

function baselineSection(figures: BaselineFigures, { width, heading }: Layout): string[] {
  const { basis, costUsd, spentUsd, savedUsd, savedShare } = figures;
  const model = formatName(figures.model ?? '');
  const title =
    basis === 'same_tokens' ? `Baseline: ${model} on the same tokens (an estimate)` : 'Baseline: the stated cost per workflow';
  const left = leftOut(figures);
  const omitted: readonly Fact[] = left === undefined ? [] : [['Left out', left]];
  if (savedUsd === null) return [...heading(title), ...factLines([['Saved', notCompared(figures)], ...omitted], width)];
  const facts: readonly Fact[] = [
    ['Baseline', `${formatUsd(costUsd)} USD`],
    ['Spent', `${formatUsd(spentUsd)} USD`],
    ['Saved', `${formatUsd(savedUsd)} USD (${formatSaving(savedShare)})`],
    ...omitted,
  ];
  return [...heading(title), ...factLines(facts, width)];
}
