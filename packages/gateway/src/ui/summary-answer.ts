import type { CostTracker, Figures, LatencyFigures } from '@rolecall/cost-tracker';
import type { Latency, ModelLine, SummaryAnswer, UsageLine } from './answers.ts';

export interface SummaryFacts {
  readonly tracker: CostTracker;
  readonly keys: readonly UsageLine[];
  readonly hasLogin: boolean;
  readonly since: number;
  readonly inFlight: number;
}

const maxLines = 50;

/** The figures of the ledger that the page shows. */
export function summaryAnswer({ tracker, keys, ...facts }: SummaryFacts): SummaryAnswer {
  const { byAgent, byModel, baseline, ...all } = tracker.summary();
  return {
    ...facts,
    total: modelLine('', all),
    cacheHits: all.cacheHits,
    simulated: all.simulated.requests,
    roles: costliest(Object.entries(byAgent).map(([name, figures]) => usageLine(name, figures))),
    models: costliest(Object.entries(byModel).map(([name, figures]) => modelLine(name, figures))),
    keys: costliest(keys),
    baseline,
  };
}

function costliest<Line extends UsageLine>(lines: readonly Line[]): readonly Line[] {
  return lines.toSorted((a, b) => (b.costUsd ?? 0) - (a.costUsd ?? 0) || b.requests - a.requests).slice(0, maxLines);
}

function usageLine(name: string, { requests, errors, costUsd, unpriced, tokens }: Figures): UsageLine {
  return {
    name: name.slice(0, 200),
    requests,
    errors,
    costUsd,
    unpriced,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
  };
}

function modelLine(name: string, figures: Figures): ModelLine {
  const { latencyMs, firstTokenMs, outputTokensPerSecond } = figures;
  return {
    ...usageLine(name, figures),
    latencyMs: latency(latencyMs),
    firstTokenMs: latency(firstTokenMs),
    outputTokensPerSecond,
  };
}

function latency({ count, p50, p95, p99, min, max }: LatencyFigures): Latency {
  return { count, p50, p95, p99, min, max };
}
