export { CostTracker, type CostTrackerOptions } from './cost-tracker.ts';
export type { CallRecord } from './call-record.ts';
export type { LedgerRow, Outcome } from './row.ts';
export type { Summary, GroupFigures } from './summary.ts';
export type { Figures, SimulatedFigures } from './tally.ts';
export type { LatencyFigures } from './latency.ts';
export type { Baseline, BaselineFigures } from './baseline.ts';
export type { ReportOptions } from './report.ts';
export type { LayoutOptions } from './layout.ts';
export { compareRuns, type CompareRunsOptions, type Run } from './compare-runs.ts';
export { reportComparison, type ComparedCosts, type ComparedRun, type RunComparison } from './run-comparison.ts';

export { costOf, type CostAnswer, type CostQuestion } from './cost-of.ts';
export { free, perThousand, type Price, type PriceTier } from './own-prices.ts';
export { genaiPrices } from './genai-prices.ts';
export type { FoundPrice, PriceSource, Rates, RateTier } from './price-source.ts';
export type { PriceUsed } from './pricer.ts';
export type { Unpriced } from './charge.ts';
export type { TokenUsage } from './usage.ts';

export type {
  TrackedAsk,
  TrackedAttempt,
  TrackedDelta,
  TrackedLabels,
  TrackedMetadata,
  TrackedModel,
  TrackedRequest,
  TrackedResponse,
} from './model-call.ts';
