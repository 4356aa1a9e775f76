/** What a configuration file says to the gateway itself, besides the router: `general_settings` and its neighbours. */
import { readFile } from 'node:fs/promises';
import type { BudgetOptions } from '@rolecall/cost-tracker';
import { type LoadedConfig, parseConfig } from '@rolecall/router/config';
import { z } from 'zod';
import { readKeyFields } from './keys/key-fields.ts';
import { hintOf, idOf, type VirtualKey } from './keys/virtual-key.ts';
import type { BudgetsWithoutRedis } from './state/shared-budget-store.ts';

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

export interface GatewayConfig {
  readonly loaded: LoadedConfig;
  readonly settings: GatewaySettings;
  readonly warnings: readonly string[];
}

export interface GatewayConfigOptions {
  /** What `os.environ/NAME` refers to. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

const flag = z.boolean({ error: 'true or false' });
const text = z.string({ error: 'a string' }).min(1, 'a string that is not empty');
const above0 = z.number({ error: 'a number above 0' }).positive('a number above 0');
const httpUrl = z.url({ protocol: /^https?$/, error: 'an http or https URL' });
const share = z.number({ error: 'a number between 0 and 1' }).min(0).max(1);

const general = z.object({
  master_key: z.union([text, z.number().transform(String)], { error: 'a string' }).optional(),
  keys: z.array(z.looseObject({}), { error: 'a list of keys, each a map' }).optional(),
  redis_url: z.url({ protocol: /^rediss?$/, error: 'a redis or rediss URL' }).optional(),
  budgets_without_redis: z.enum(['open', 'closed'], { error: 'open or closed' }).optional(),
  unpriced_models: z.enum(['refuse', 'allow'], { error: 'refuse or allow' }).optional(),
  metrics_public: flag.optional(),
  cache_shared: flag.optional(),
  litellm_errors: flag.optional(),
  litellm_headers: flag.optional(),
  litellm_metrics: flag.optional(),
  alerting: z
    .array(z.enum(['slack', 'webhook'], { error: 'slack or webhook' }), { error: 'a list of slack, webhook' })
    .optional(),
  alerting_threshold: above0.optional(),
  alert_webhook_url: httpUrl.optional(),
  slack_webhook_url: httpUrl.optional(),
  alert_error_rate: share.optional(),
  log_level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], { error: 'one of debug, info, warn, error, silent' })
    .optional(),
  open_telemetry: flag.optional(),
  ledger: text.optional(),
  baseline: text.optional(),
  max_body_bytes: z.int({ error: 'a whole number of bytes' }).positive('a whole number of bytes').optional(),
  drain_seconds: z.number({ error: 'a number of at least 0' }).min(0, 'a number of at least 0').optional(),
});

const litellm = z.looseObject({
  max_budget: z.number({ error: 'a number of at least 0' }).min(0, 'a number of at least 0').optional(),
  budget_duration: text.optional(),
});

const redisParts = z.looseObject({
  redis_url: z.url({ protocol: /^rediss?$/, error: 'a redis or rediss URL' }).optional(),
  redis_host: text.optional(),
  redis_port: z.coerce.number({ error: 'a port' }).int('a port').optional(),
  redis_password: z.union([text, z.number().transform(String)]).optional(),
  redis_db: z.coerce.number({ error: 'a number' }).optional(),
  redis_ssl: flag.optional(),
});

const ownKeys = [
  ...Object.keys(general.shape).map((name) => `general_settings.${name}`),
  ...Object.keys(litellm.shape).map((name) => `litellm_settings.${name}`),
  ...Object.keys(redisParts.shape).map((name) => `router_settings.${name}`),
  'litellm_settings.json_logs',
];

/**
 * Reads a configuration file for a gateway: the router's options, and the gateway's own settings.
 *
 * @throws {TypeError} when something in it is wrong: nothing is started.
 * @throws {Error} what the file system says when the file cannot be read.
 */
export async function loadGatewayConfig(path: string, options: GatewayConfigOptions = {}): Promise<GatewayConfig> {
  return parseGatewayConfig(await readFile(path, 'utf8'), { ...options, file: path });
}

/** The same for a text. @throws {TypeError} when something in it is wrong. */
export function parseGatewayConfig(
  yaml: string,
  { file = 'config', env = process.env }: GatewayConfigOptions & { readonly file?: string | undefined } = {},
): GatewayConfig {
  const loaded = parseConfig(yaml, { file, env, ownKeys });
  const read = new Reading(loaded, file);
  const settings = read.settings(env);
  return { loaded, settings, warnings: [...loaded.warnings, ...read.warnings] };
}

class Reading {
  readonly warnings: string[] = [];
  readonly #loaded: LoadedConfig;
  readonly #file: string;

  constructor(loaded: LoadedConfig, file: string) {
    this.#loaded = loaded;
    this.#file = file;
  }

  settings(env: Readonly<Record<string, string | undefined>>): GatewaySettings {
    const own = this.#section('general_settings', general);
    const { max_budget: limitUsd, budget_duration: duration } = this.#section('litellm_settings', litellm);
    if (own.master_key === undefined && this.#isWritten('general_settings.master_key'))
      this.#fail(
        'general_settings.master_key',
        'has no value: without it, anybody could call; set the variable, or take the line out',
      );
    if (own.master_key === undefined && own.keys?.length)
      this.#fail('general_settings.keys', 'has no effect without a master_key');
    if (own.master_key !== undefined && own.master_key.length < 16)
      this.warnings.push(`${this.#file}: general_settings.master_key is short: 16 characters and more are hard to guess`);
    const unpriced = own.unpriced_models ?? 'refuse';
    return {
      masterKey: own.master_key,
      keys: this.#keys(own.keys ?? []),
      redisUrl: own.redis_url ?? this.#redisUrl(),
      budgetsWithoutRedis: own.budgets_without_redis ?? 'open',
      unpricedModels: unpriced,
      budgets: limitUsd === undefined ? [] : [this.#budget(limitUsd, duration, unpriced)],
      metricsPublic: own.metrics_public ?? false,
      cacheShared: own.cache_shared ?? false,
      litellmErrors: own.litellm_errors ?? false,
      litellmHeaders: own.litellm_headers ?? true,
      litellmMetrics: own.litellm_metrics ?? true,
      alerts: this.#alerts(own, env),
      openTelemetry: own.open_telemetry ?? false,
      logLevel: own.log_level ?? 'info',
      ledger: own.ledger,
      baseline: own.baseline,
      maxBodyBytes: own.max_body_bytes ?? 20 * 1024 * 1024,
      drainMs: (own.drain_seconds ?? 30) * 1_000,
    };
  }

  #section<Shape>(name: string, shape: z.ZodType<Shape>): Shape {
    const given = this.#loaded.file[name] ?? {};
    const known = shape instanceof z.ZodObject ? Object.keys(shape.shape) : [];
    const read = shape.safeParse(Object.fromEntries(Object.entries(given).filter(([key]) => known.includes(key))));
    if (read.success) return read.data;
    const issue = read.error.issues[0];
    return this.#fail([name, ...(issue?.path ?? [])].join('.'), `must be ${issue?.message ?? 'something else'}`);
  }

  #keys(list: readonly Readonly<Record<string, unknown>>[]): readonly VirtualKey[] {
    const keys = list.map((item, index) => this.#key(item, `general_settings.keys.${index}`));
    keys.forEach(({ id, name }, index) => {
      const twin = keys.findIndex((key) => key.id === id || key.name === name);
      if (twin < index) this.#fail(`general_settings.keys.${index}`, `is the same key as keys.${twin}, or has its name`);
    });
    return keys;
  }

  #key({ key, key_hash: hash, ...rest }: Readonly<Record<string, unknown>>, at: string): VirtualKey {
    const isHash = typeof hash === 'string' && /^[0-9a-f]{64}$/i.test(hash);
    if (hash !== undefined && !isHash) this.#fail(`${at}.key_hash`, 'must be the SHA-256 of the key, as 64 hex digits');
    const isKey = typeof key === 'string' && key.length >= 8;
    if (isKey === isHash) this.#fail(`${at}.key`, 'must be a string of 8 characters or more, or else there must be a key_hash');
    const read = readKeyFields(rest, Date.now());
    if ('valid' in read) return this.#fail(`${at}.${read.field}`, `must be ${read.valid}`);
    const id = isKey ? idOf(key) : String(hash).toLowerCase();
    const {
      name = `key-${id.slice(0, 8)}`,
      models = [],
      tags = [],
      isBlocked = false,
      budgetWindow = 'total',
      ...others
    } = read.fields;
    const hint = isKey ? hintOf(key) : `sha256 ${id.slice(0, 8)}`;
    return {
      id,
      hint,
      name,
      models,
      tags,
      isBlocked,
      budgetWindow,
      maxCallUsd: 0.5,
      ...others,
      createdAt: 0,
      isConfigured: true,
    };
  }

  #budget(limitUsd: number, duration: string | undefined, unpriced: 'refuse' | 'allow'): BudgetOptions {
    const read = readKeyFields({ budget_duration: duration }, 0);
    if ('valid' in read) return this.#fail('litellm_settings.budget_duration', `must be ${read.valid}`);
    return {
      name: 'gateway',
      limitUsd,
      window: read.fields.budgetWindow ?? 'total',
      maxCostUsd: Math.min(0.5, limitUsd),
      unpriced,
    };
  }

  #redisUrl(): string | undefined {
    const parts = this.#section('router_settings', redisParts);
    if (parts.redis_url !== undefined || parts.redis_host === undefined) return parts.redis_url;
    const { redis_host: host, redis_port: port = 6379, redis_password: password, redis_db: db, redis_ssl: tls } = parts;
    const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
    return `${tls ? 'rediss' : 'redis'}://${login}${host}:${port}${db === undefined ? '' : `/${db}`}`;
  }

  #alerts(own: z.infer<typeof general>, env: Readonly<Record<string, string | undefined>>): AlertSettings {
    const wanted = own.alerting ?? [];
    const slackUrl = own.slack_webhook_url ?? (wanted.includes('slack') ? env['SLACK_WEBHOOK_URL'] : undefined);
    const webhookUrl = own.alert_webhook_url ?? (wanted.includes('webhook') ? env['WEBHOOK_URL'] : undefined);
    if (wanted.includes('slack') && !slackUrl)
      this.#fail('general_settings.alerting', 'names slack: set slack_webhook_url, or SLACK_WEBHOOK_URL');
    if (wanted.includes('webhook') && !webhookUrl)
      this.#fail('general_settings.alerting', 'names webhook: set alert_webhook_url, or WEBHOOK_URL');
    return { slackUrl, webhookUrl, errorRate: own.alert_error_rate ?? 0.2, slowP95Ms: (own.alerting_threshold ?? 60) * 1_000 };
  }

  #isWritten(key: string): boolean {
    return this.#loaded.report.some((one) => one.key === key);
  }

  /** What is there is never said: it may be a secret. */
  #fail(key: string, sentence: string): never {
    const written = key.replaceAll(/\.(\d+)/g, '[$1]');
    const line = this.#loaded.report.findLast(
      (one) => written === one.key || written.startsWith(`${one.key}.`) || written.startsWith(`${one.key}[`),
    )?.line;
    throw new TypeError(`${this.#file}${line === undefined ? '' : `:${line}`}: ${written} ${sentence}`);
  }
}
