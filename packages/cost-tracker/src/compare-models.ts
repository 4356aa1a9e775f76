import type { Run } from './compare-runs.ts';
import { formatCount, formatMs, formatName } from './format.ts';
import { factLines, indented, joined, layoutOf, type Fact, type Layout, type LayoutOptions } from './layout.ts';
import { otherKey } from './rollup.ts';
import { summaryOf } from './run-summary.ts';
import { textTable, type TextColumn } from './text-table.ts';

/** How long one model took to answer, in milliseconds. */
export interface ModelLatency {
  readonly model: string;
  /** Answers measured. */
  readonly answers: number;
  readonly avgMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** `null` for fewer than a hundred answers, where it would only repeat the slowest. */
  readonly p99Ms: number | null;
  readonly minMs: number;
  readonly maxMs: number;
}

export interface ModelComparison {
  /** Fastest first; models without an answer are left out. */
  readonly models: readonly ModelLatency[];
  /** The lowest average. */
  readonly fastest: ModelLatency | null;
  /** The narrowest range from its quickest answer to its slowest, of those with at least two. */
  readonly mostConsistent: (ModelLatency & { readonly rangeMs: number }) | null;
  /** Some of it was measured against a simulator. */
  readonly simulated: boolean;
  /** The table of `reportModels`. */
  toString(): string;
}

/**
 * Compares how long the models of a ledger took to answer. Fastest is not best: it says nothing of what the answers were worth.
 *
 * @example
 * console.log(String(compareModels(tracker)));
 */
export function compareModels(run: Run): ModelComparison {
  const { byModel } = summaryOf('compareModels', run);
  const models = Object.entries(byModel)
    .filter(([name]) => name !== otherKey)
    .flatMap(
      ([
        model,
        {
          latencyMs: { count: answers, avg, p50, p95, p99, min, max },
        },
      ]): ModelLatency[] => {
        if (avg === null || p50 === null || p95 === null || min === null || max === null) return [];
        return [
          { model, answers, avgMs: avg, p50Ms: p50, p95Ms: p95, p99Ms: answers < 100 ? null : p99, minMs: min, maxMs: max },
        ];
      },
    )
    .toSorted((a, b) => a.avgMs - b.avgMs);

  const [narrowest] = models
    .filter(({ answers }) => answers > 1)
    .map((latency) => ({ ...latency, rangeMs: latency.maxMs - latency.minMs }))
    .toSorted((a, b) => a.rangeMs - b.rangeMs);
  const comparison: ModelComparison = {
    models,
    fastest: models[0] ?? null,
    mostConsistent: narrowest ?? null,
    simulated: models.some(({ model }) => (byModel[model]?.simulated.requests ?? 0) > 0),
  };
  return Object.defineProperty(comparison, 'toString', { value: () => reportModels(comparison) });
}

/** A comparison of models as a table. */
export function reportModels(comparison: ModelComparison, options: LayoutOptions = {}): string {
  return joined([modelsSection(comparison, layoutOf(options))]);
}

const columns: readonly TextColumn[] = [
  { title: 'ms', align: 'left' },
  { title: 'Avg', align: 'right' },
  { title: 'P50', align: 'right', dropOrder: 1 },
  { title: 'P95', align: 'right' },
  { title: 'P99', align: 'right', dropOrder: 4 },
  { title: 'Min', align: 'right', dropOrder: 2 },
  { title: 'Max', align: 'right', dropOrder: 3 },
  { title: 'Answers', align: 'right', dropOrder: 5 },
];

function modelsSection({ models, fastest, mostConsistent, simulated }: ModelComparison, { width, heading }: Layout): string[] {
  if (models.length === 0) return [...heading('Models compared'), '  no answer was measured'];
  const rows = models.map(({ model, answers, avgMs, p50Ms, p95Ms, p99Ms, minMs, maxMs }) => [
    formatName(model),
    ...[avgMs, p50Ms, p95Ms, p99Ms, minMs, maxMs].map(formatMs),
    formatCount(answers),
  ]);
  const facts: Fact[] = [];
  if (fastest) facts.push(['Fastest', `${formatName(fastest.model)} (${formatMs(fastest.avgMs)} ms on average)`]);
  if (mostConsistent) {
    const { model, rangeMs } = mostConsistent;
    facts.push(['Most consistent', `${formatName(model)} (${formatMs(rangeMs)} ms between its quickest and its slowest)`]);
  }
  if (simulated) facts.push(['Simulated', 'a simulator gave some of these answers: its times are not the provider’s']);
  return [...heading('Models compared'), ...indented(textTable(columns, rows, width - 2)), ...factLines(facts, width)];
}
