import type { CostTracker } from '@rolecall/cost-tracker';

/** What one model did with its time, on average; `null` for what nobody measured. */
export interface Speed {
  readonly model: string;
  readonly requests: number;
  readonly errors: number;
  readonly tokensPerSecond: number | null;
  readonly firstTokenMs: number | null;
  /** What the provider says its own work took. */
  readonly inferenceMs: number | null;
  /** The rest: the way there and back. */
  readonly networkMs: number | null;
  readonly costUsd: number | null;
}

export function speedsOf(tracker: CostTracker): readonly Speed[] {
  const rows = tracker.rows().filter(({ outcome }) => outcome === 'answered');
  return Object.entries(tracker.summary().byModel).map(([model, figures]) => {
    const told = rows.flatMap(({ name, latencyMs, networkMs }) =>
      name === model && latencyMs !== undefined && networkMs !== undefined ? [{ latencyMs, networkMs }] : [],
    );
    return {
      model,
      requests: figures.requests,
      errors: figures.errors,
      tokensPerSecond: figures.outputTokensPerSecond,
      firstTokenMs: figures.firstTokenMs.p50,
      inferenceMs: average(told.map(({ latencyMs, networkMs }) => latencyMs - networkMs)),
      networkMs: average(told.map(({ networkMs }) => networkMs)),
      costUsd: figures.costUsd,
    };
  });
}

function average(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
