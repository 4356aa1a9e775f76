import type { Entry } from './entry.ts';
import { splitModel } from './pricer.ts';
import { otherKey } from './rollup.ts';
import type { LedgerRow } from './row.ts';
import { Spend } from './spend.ts';
import { leavesOf } from './usage.ts';

/** Upper bounds in seconds: those of the GenAI conventions, and two more for models that think for minutes. */
export const durationBounds: readonly number[] = Array.from({ length: 16 }, (_, power) => 2 ** power / 100);

/** Tokens by kind. Disjoint, so that a sum over the kinds is a number of tokens. */
export type TokenKind = 'input' | 'cache_read' | 'cache_write' | 'output' | 'reasoning';

/** What there has been of one provider, model and agent; it only ever rises. */
export class Series {
  readonly labels: { readonly provider: string; readonly model: string; readonly agent: string };
  readonly requests = { answered: 0, failed: 0, aborted: 0 };
  readonly tokens: Record<TokenKind, number> = { input: 0, cache_read: 0, cache_write: 0, output: 0, reasoning: 0 };
  readonly duration: Histogram = new Histogram();
  readonly firstToken: Histogram = new Histogram();
  readonly spend: Spend = new Spend();
  readonly simulated: Spend = new Spend();
  cacheHits = 0;

  constructor(labels: Series['labels']) {
    this.labels = labels;
  }

  add({ row, amount }: Entry): void {
    const { outcome, costPicodollars } = row;
    if (outcome === 'cache_hit') {
      this.cacheHits += 1;
      return;
    }
    this.requests[outcome] += 1;
    this.spend.add(costPicodollars, amount);
    if (row.simulated) this.simulated.add(costPicodollars, amount);
    this.#addTokens(row);
    if (outcome !== 'answered') return;
    if (row.latencyMs !== undefined) this.duration.add(row.latencyMs / 1_000);
    if (row.firstTokenMs !== undefined) this.firstToken.add(row.firstTokenMs / 1_000);
  }

  #addTokens({ usage }: LedgerRow): void {
    const leaves = leavesOf(usage);
    this.tokens.input += leaves.input + leaves.audioInput;
    this.tokens.cache_read += leaves.cacheRead;
    this.tokens.cache_write += leaves.cacheWrite + leaves.cacheWrite1h;
    this.tokens.output += leaves.output + leaves.audioOutput;
    this.tokens.reasoning += leaves.reasoning;
  }
}

/** Counts of durations by upper bound, the last for those above all of them. */
class Histogram {
  readonly counts: number[] = Array.from({ length: durationBounds.length + 1 }, () => 0);
  sum = 0;

  add(seconds: number): void {
    let bucket = 0;
    while (bucket < durationBounds.length && seconds > (durationBounds[bucket] ?? 0)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += seconds;
  }
}

/**
 * Series of a whole process. Beyond the cap, what is new goes under `__other__`:
 * unlike a rollup it never folds away what it has, since a counter that vanishes reads as a restart.
 */
export class MetricSeries {
  readonly #byModel = new Map<string, Map<string, Series>>();
  readonly #maxSeries: number;
  readonly #all: Series[] = [];
  #other: Series | undefined;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  add(entry: Entry): void {
    const { model, agent = '' } = entry.row;
    const series = this.#byModel.get(model)?.get(agent) ?? this.#open(model, agent);
    series.add(entry);
  }

  all(): readonly Series[] {
    return this.#other ? [...this.#all, this.#other] : this.#all;
  }

  #open(name: string, agent: string): Series {
    if (this.#all.length >= this.#maxSeries) {
      return (this.#other ??= new Series({ provider: otherKey, model: otherKey, agent: otherKey }));
    }
    const { provider = '', id: model } = splitModel(name);
    const series = new Series({ provider, model, agent });
    const agents = this.#byModel.get(name) ?? new Map<string, Series>();
    this.#byModel.set(name, agents.set(agent, series));
    this.#all.push(series);
    return series;
  }
}
