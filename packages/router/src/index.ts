export type { AttemptListener, AttemptRequest } from './attempt-listener.ts';
export type { Backend } from './backend.ts';
export { compose } from './compose.ts';
export type { Deployment } from './deployment.ts';
export {
  ModelError,
  type ModelErrorCode,
  type ModelErrorFacts,
  remedies,
  type Remedies,
  type Remedy,
  RouteError,
  type RouteErrorFacts,
} from './errors.ts';
export type { ExplainedDeployment, ExplainedLink, Explanation } from './explain.ts';
export type { DeploymentHealth, HealthOptions, ProbeResult, Warmed, WarmOptions } from './health.ts';
export type { ExhaustedListener } from './on-exhausted.ts';
export type {
  Fallbacks,
  RemedyChanges,
  RoleOptions,
  RoleRoute,
  RouterCacheOptions,
  RouterOptions,
  RouterRetryOptions,
  ShadowRoute,
  VariantRoute,
} from './options.ts';
export { balance, type BalancedModel, type BalanceOptions } from './policies/balance.ts';
export { cache, type CacheOptions } from './policies/cache.ts';
export type { CacheStore } from './policies/cache-store.ts';
export type { Circuit, CircuitFault } from './policies/circuit.ts';
export { cooldown, type CooldownContext, type CooldownOptions, type CoolingModel } from './policies/cooldown.ts';
export { deadline, type DeadlineOptions } from './policies/deadline.ts';
export { fallback, type FallbackOptions } from './policies/fallback.ts';
export type { Load } from './policies/gate.ts';
export { hedge, type HedgeOptions } from './policies/hedge.ts';
export { limit, type LimitedModel, type LimitOptions } from './policies/limit.ts';
export type { Member } from './policies/member.ts';
export { memoryStore, type MemoryStoreOptions } from './policies/memory-store.ts';
export type { PassedOver, Ranked } from './policies/pool-report.ts';
export { retry, type RetryOptions } from './policies/retry.ts';
export type { RetryBudgetOptions } from './policies/retry-budget.ts';
export { shadow, type ShadowOptions, type ShadowResult } from './policies/shadow.ts';
export { split, type SplitModel, type Variant } from './policies/split.ts';
export type { StrategyName } from './policies/strategies/strategy.ts';
export { timeout, type TimeoutOptions } from './policies/timeout.ts';
export { createRouter, type RestUntil, type Router } from './router.ts';
export { pooledFetch, type PooledFetchOptions } from './transport/pooled-fetch.ts';
export type { LastError } from './vitals.ts';
export { webhook, type WebhookMessage, type WebhookOptions } from './webhook.ts';
