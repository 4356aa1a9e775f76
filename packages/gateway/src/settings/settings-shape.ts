/** The gateway's own words in a configuration file, and what may stand there. */
import { z } from 'zod';

/** `general_settings` */
export interface GeneralWords {
  readonly master_key?: string | undefined;
  readonly keys?: readonly unknown[] | undefined;
  readonly redis_url?: string | undefined;
  readonly budgets_without_redis?: 'open' | 'closed' | undefined;
  readonly unpriced_models?: 'refuse' | 'allow' | undefined;
  readonly metrics_public?: boolean | undefined;
  readonly cache_shared?: boolean | undefined;
  readonly litellm_errors?: boolean | undefined;
  readonly litellm_headers?: boolean | undefined;
  readonly litellm_metrics?: boolean | undefined;
  readonly alerting?: readonly ('slack' | 'webhook')[] | undefined;
  readonly alerting_threshold?: number | undefined;
  readonly alert_webhook_url?: string | undefined;
  readonly slack_webhook_url?: string | undefined;
  readonly alert_error_rate?: number | undefined;
  readonly log_level?: string | undefined;
  readonly open_telemetry?: boolean | undefined;
  readonly ledger?: string | undefined;
  readonly baseline?: string | undefined;
  readonly max_body_bytes?: number | undefined;
  readonly drain_seconds?: number | undefined;
}

/** Of `litellm_settings`, what is not the router's. */
export interface LiteLlmWords {
  readonly max_budget?: number | undefined;
  readonly budget_duration?: string | undefined;
  readonly drop_params?: boolean | undefined;
}

/** Where Redis is, in LiteLLM's words: of `router_settings`. */
export interface RedisWords {
  readonly redis_url?: string | undefined;
  readonly redis_host?: string | undefined;
  readonly redis_port?: number | undefined;
  readonly redis_password?: string | undefined;
  readonly redis_db?: number | undefined;
  readonly redis_ssl?: boolean | undefined;
}

const flag = z.boolean({ error: 'true or false' });
const text = z.string({ error: 'a string' }).min(1, 'a string that is not empty');
const above0 = z.number({ error: 'a number above 0' }).positive('a number above 0');
const httpUrl = z.url({ protocol: /^https?$/, error: 'an http or https URL' });
const share = z
  .number({ error: 'a number between 0 and 1' })
  .min(0, 'a number between 0 and 1')
  .max(1, 'a number between 0 and 1');

const generalShape = z.object({
  master_key: z.union([text, z.number().transform(String)], { error: 'a string' }).optional(),
  keys: z.array(z.unknown(), { error: 'a list of keys, each a map' }).optional(),
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

const litellmShape = z.looseObject({
  max_budget: z.number({ error: 'a number of at least 0' }).min(0, 'a number of at least 0').optional(),
  budget_duration: text.optional(),
  drop_params: flag.optional(),
});

const redisShape = z.looseObject({
  redis_url: z.url({ protocol: /^rediss?$/, error: 'a redis or rediss URL' }).optional(),
  redis_host: text.optional(),
  redis_port: z.coerce.number({ error: 'a port' }).int('a port').optional(),
  redis_password: z.union([text, z.number().transform(String)], { error: 'a string' }).optional(),
  redis_db: z.coerce.number({ error: 'a number' }).optional(),
  redis_ssl: flag.optional(),
});

export const general: z.ZodType<GeneralWords> = generalShape;
export const litellm: z.ZodType<LiteLlmWords> = litellmShape;
export const redisParts: z.ZodType<RedisWords> = redisShape;

/** All of them, as `section.name`. */
export const ownKeys: readonly string[] = [
  ...Object.keys(generalShape.shape).map((name) => `general_settings.${name}`),
  ...Object.keys(litellmShape.shape).map((name) => `litellm_settings.${name}`),
  ...Object.keys(redisShape.shape).map((name) => `router_settings.${name}`),
  'litellm_settings.json_logs',
];
