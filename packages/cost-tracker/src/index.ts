export { CostTracker } from './cost-tracker.ts';
export type { CostTrackerOptions } from './tracker-options.ts';
export type { CallRecord } from './call-record.ts';
export type { LedgerRow, Outcome } from './row.ts';
export type { Summary, GroupFigures } from './summary.ts';
export type { Figures, PartFigures, WastedFigures } from './tally.ts';
export type { CacheFigures } from './cache-tally.ts';
export type { RetryFigures } from './retry-tally.ts';
export type { LatencyFigures } from './latency.ts';
export type { DailyFigures } from './daily-rollup.ts';
export type { Baseline, BaselineFigures } from './baseline.ts';
export type { ReportOptions } from './report.ts';
export type { LayoutOptions } from './layout.ts';
export { compareRuns, type CompareRunsOptions, type Run } from './compare-runs.ts';
export { reportComparison, type ComparedCosts, type ComparedRun, type RunComparison } from './run-comparison.ts';

export { compareModels, reportModels, type ModelComparison, type ModelLatency } from './compare-models.ts';
export { breakEven, type BreakEven, type BreakEvenQuestion } from './break-even.ts';
export { diff, type DiffOptions } from './diff.ts';
export { reportDiff, type Delta, type LedgerDiff } from './diff-report.ts';
export { forecast, type Forecast, type ForecastOptions, type Spending } from './forecast.ts';
export { toCsv } from './csv.ts';
export type { HtmlOptions } from './html/page.ts';
export type { MetricFamily, MetricSample } from './metric-families.ts';
export { registerMetrics, type MetricRegistry } from './register-metrics.ts';
export type { RowListener } from './row-listeners.ts';

export { costOf, type CostAnswer, type CostQuestion } from './cost-of.ts';
export { free, perThousand, type Price, type PriceTier } from './own-prices.ts';
export { genaiPrices } from './genai-prices.ts';
export type { FoundPrice, PriceSource, Rates, RateTier } from './price-source.ts';
export type { BilledPart, PriceUsed } from './bill.ts';
export type { Unpriced } from './charge.ts';
export { usageFrom, type UsageApi, type UsageReport } from './usage-from.ts';
export type { TokenUsage, UsageLeaves } from './usage.ts';
export type { BillingTerms, ProviderDurations, ServerTools, UsagePart } from './usage/reading.ts';
export type { UsageSource } from './recorded-usage.ts';
export type { Attribution } from './attribution.ts';
export type { TrackOptions } from './track.ts';
export type { RepriceOptions, Repricing } from './reprice.ts';

export type {
  TrackedAsk,
  TrackedAttempt,
  TrackedDelta,
  TrackedLabels,
  TrackedMetadata,
  TrackedModel,
  TrackedRequest,
  TrackedResponse,
  TrackedUsage,
} from './model-call.ts';

export { BudgetError, type BudgetErrorCode, type BudgetErrorFacts } from './budget-error.ts';
export type { BudgetAlert, OnAlert } from './budget-alert.ts';
export type { BudgetsFor } from './budgets.ts';
export type { BudgetOptions, BudgetScope, BudgetUnit, TokenBudget, UsdBudget } from './budget-options.ts';
export {
  MemoryBudgetStore,
  type BudgetAccount,
  type BudgetBalance,
  type BudgetCharge,
  type BudgetClaim,
  type BudgetStore,
  type BudgetVerdict,
} from './budget-store.ts';
export type { WindowKind } from './budget-window.ts';
export { webhook, type WebhookOptions } from './webhook.ts';

export { loadLedger, type LoadedLedger } from './load-ledger.ts';
export type { SkippedLines } from './ledger-file/stored-ledger.ts';
