/** Reads the gateway's settings out of a configuration. */
import type { BudgetOptions } from '@rolecall/cost-tracker';
import type { OwnKeys } from '@rolecall/router/config';
import { readKeyFields } from '../keys/key-fields.ts';
import { ConfigText } from './config-text.ts';
import { configuredKeys } from './configured-keys.ts';
import type { AlertSettings, GatewaySettings } from './gateway-settings.ts';
import { general, type GeneralWords, litellm, redisParts } from './settings-shape.ts';

type Env = Readonly<Record<string, string | undefined>>;

export class SettingsReader {
  readonly #own: OwnKeys;
  readonly #text: ConfigText;

  constructor(own: OwnKeys) {
    this.#own = own;
    this.#text = new ConfigText(own);
  }

  /** What is wrong, or stands there without effect that was meant to protect, is told to the reading of the file, which fails by it. */
  settings(env: Env): GatewaySettings {
    const own = this.#text.section('general_settings', general);
    const others = this.#text.section('litellm_settings', litellm);
    this.#checkMasterKey(own);
    const unpriced = own.unpriced_models ?? 'refuse';
    const { max_budget: limitUsd, budget_duration: duration } = others;
    return {
      masterKey: own.master_key,
      keys: configuredKeys(own.keys ?? [], this.#own),
      redisUrl: own.redis_url ?? this.#redisUrl(),
      budgetsWithoutRedis: own.budgets_without_redis ?? 'open',
      unpricedModels: unpriced,
      budgets: limitUsd === undefined ? [] : [this.#budget(limitUsd, duration, unpriced)],
      metricsPublic: own.metrics_public ?? false,
      cacheShared: own.cache_shared ?? false,
      litellmErrors: own.litellm_errors ?? false,
      litellmHeaders: own.litellm_headers ?? true,
      litellmMetrics: own.litellm_metrics ?? true,
      dropsParams: others.drop_params ?? false,
      alerts: this.#alerts(own, env),
      openTelemetry: own.open_telemetry ?? false,
      logLevel: own.log_level ?? 'info',
      ledger: own.ledger,
      baseline: own.baseline,
      maxBodyBytes: own.max_body_bytes ?? 20 * 1024 * 1024,
      drainMs: (own.drain_seconds ?? 30) * 1_000,
    };
  }

  #checkMasterKey({ master_key: masterKey, keys = [] }: GeneralWords): void {
    const at = ['general_settings', 'master_key'];
    if (this.#text.isEmpty('general_settings', 'master_key'))
      this.#own.problem(at, 'has no value: without it, anybody could call; set the variable, or take the line out');
    if (this.#own.writtenAt(at) === undefined && keys.length > 0)
      this.#own.problem(['general_settings', 'keys'], 'has no effect without a master_key');
    if (masterKey !== undefined && masterKey.length < 16)
      this.#own.warn(at, 'general_settings.master_key is short: 16 characters and more are hard to guess');
  }

  #budget(limitUsd: number, duration: string | undefined, unpriced: 'refuse' | 'allow'): BudgetOptions {
    const read = readKeyFields({ budget_duration: duration }, 0);
    if ('faults' in read)
      for (const { path, valid = 'left out' } of read.faults) this.#own.wrong(['litellm_settings', ...path], valid);
    const window = ('fields' in read && read.fields.budgetWindow) || 'total';
    return { name: 'gateway', limitUsd, window, maxCostUsd: Math.min(0.5, limitUsd), unpriced };
  }

  #redisUrl(): string | undefined {
    const parts = this.#text.section('router_settings', redisParts);
    if (parts.redis_url !== undefined || parts.redis_host === undefined) return parts.redis_url;
    const { redis_host: host, redis_port: port = 6379, redis_password: password, redis_db: db, redis_ssl: tls } = parts;
    const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
    return `${tls ? 'rediss' : 'redis'}://${login}${host}:${port}${db === undefined ? '' : `/${db}`}`;
  }

  #alerts(own: GeneralWords, env: Env): AlertSettings {
    const wanted = own.alerting ?? [];
    const slackUrl = own.slack_webhook_url ?? (wanted.includes('slack') ? env['SLACK_WEBHOOK_URL'] : undefined);
    const webhookUrl = own.alert_webhook_url ?? (wanted.includes('webhook') ? env['WEBHOOK_URL'] : undefined);
    if (wanted.includes('slack') && !slackUrl)
      this.#own.problem(['general_settings', 'alerting'], 'names slack: set slack_webhook_url, or SLACK_WEBHOOK_URL');
    if (wanted.includes('webhook') && !webhookUrl)
      this.#own.problem(['general_settings', 'alerting'], 'names webhook: set alert_webhook_url, or WEBHOOK_URL');
    return { slackUrl, webhookUrl, errorRate: own.alert_error_rate ?? 0.2, slowP95Ms: (own.alerting_threshold ?? 60) * 1_000 };
  }
}
