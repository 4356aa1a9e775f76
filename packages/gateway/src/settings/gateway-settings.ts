/** What the gateway goes by, besides the router. This file imports no code. */
import type { BudgetOptions } from '@rolecall/cost-tracker';
import type { VirtualKey } from '../keys/virtual-key.ts';
import type { BudgetsWithoutRedis } from '../state/shared-budget-store.ts';

export interface AlertSettings {
  readonly webhookUrl?: string | undefined;
  readonly slackUrl?: string | undefined;
  /** Share of failed requests, of those in five minutes, from which on it is told. */
  readonly errorRate: number;
  /** 95th percentile of the same, in milliseconds, from which on it is told. */
  readonly slowP95Ms: number;
}

export interface GatewaySettings {
  readonly masterKey: string | undefined;
  readonly keys: readonly VirtualKey[];
  readonly redisUrl: string | undefined;
  readonly budgetsWithoutRedis: BudgetsWithoutRedis;
  /** What becomes of a call whose price is not known, under the budget of a key. */
  readonly unpricedModels: 'refuse' | 'allow';
  readonly budgets: readonly BudgetOptions[];
  readonly metricsPublic: boolean;
  readonly cacheShared: boolean;
  /** Errors as LiteLLM has them: 400 for an unknown model. */
  readonly litellmErrors: boolean;
  readonly litellmHeaders: boolean;
  readonly litellmMetrics: boolean;
  /** What a backend has no word for is left out of its request, and it is not passed over for that. */
  readonly dropsParams: boolean;
  readonly alerts: AlertSettings;
  /** Spans and metrics go to OpenTelemetry, where the process sends them. */
  readonly openTelemetry: boolean;
  readonly logLevel: string;
  /** A folder that every row is appended to. */
  readonly ledger: string | undefined;
  /** What savings are measured against. */
  readonly baseline: string | undefined;
  readonly maxBodyBytes: number;
  readonly drainMs: number;
}
