/** The parts of a configuration file that Rolecall acts on, once every value has been checked. This file imports no code. */
import type { StrategyName } from '../policies/strategies/strategy.ts';

export interface ConfigFile extends FallbackLists {
  readonly router_settings?: RouterSettings | undefined;
  readonly litellm_settings?: LiteLlmSettings | undefined;
  readonly environment_variables?: Readonly<Record<string, unknown>> | undefined;
  readonly roles?: Readonly<Record<string, unknown>> | undefined;
}

/** May stand at the top, in `router_settings` and in `litellm_settings`. */
export interface FallbackLists {
  readonly fallbacks?: readonly unknown[] | undefined;
  readonly context_window_fallbacks?: readonly unknown[] | undefined;
  readonly content_policy_fallbacks?: readonly unknown[] | undefined;
  readonly default_fallbacks?: readonly string[] | undefined;
}

export interface RateLimits {
  readonly rpm?: number | undefined;
  readonly tpm?: number | undefined;
}

export interface ModelEntry extends RateLimits {
  readonly model_name: string;
  readonly litellm_params: ModelParams;
  readonly model_info?: ModelInfo | undefined;
}

export interface SettingWords {
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly top_k?: number | undefined;
  readonly max_tokens?: number | undefined;
  readonly max_completion_tokens?: number | undefined;
  readonly stop?: string | readonly string[] | undefined;
  readonly seed?: number | undefined;
  readonly frequency_penalty?: number | undefined;
  readonly presence_penalty?: number | undefined;
  readonly reasoning_effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | undefined;
  readonly parallel_tool_calls?: boolean | undefined;
  readonly service_tier?: string | undefined;
}

export interface ModelParams extends RateLimits, SettingWords {
  readonly model: string;
  readonly custom_llm_provider?: string | undefined;
  readonly api_key?: string | undefined;
  readonly api_base?: string | undefined;
  readonly base_url?: string | undefined;
  readonly api_version?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly extra_headers?: Readonly<Record<string, string>> | undefined;
  readonly weight?: number | undefined;
  readonly order?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly timeout?: number | undefined;
  readonly stream_timeout?: number | undefined;
  readonly max_parallel_requests?: number | undefined;
  readonly cooldown_time?: number | undefined;
  readonly num_retries?: number | undefined;
  readonly input_cost_per_token?: number | undefined;
  readonly output_cost_per_token?: number | undefined;
  readonly num_ctx?: number | undefined;
  readonly keep_alive?: string | number | undefined;
}

export interface ModelInfo extends RateLimits {
  readonly id?: string | undefined;
  readonly max_input_tokens?: number | undefined;
  readonly input_cost_per_token?: number | undefined;
  readonly output_cost_per_token?: number | undefined;
  readonly allowed_fails?: number | undefined;
  readonly allowed_fails_policy?: FailsPolicy | undefined;
  readonly cooldown_time?: number | undefined;
  /** What probes ask it for. */
  readonly mode?: unknown;
}

/** Failures allowed, by the kind of the error. */
export type FailsPolicy = { readonly [Kind in ErrorKind as `${Kind}AllowedFails`]?: number | undefined };
/** Further calls, by the kind of the error. */
export type RetryPolicy = { readonly [Kind in ErrorKind as `${Kind}Retries`]?: number | undefined };
export type ErrorKind =
  | 'BadRequestError'
  | 'AuthenticationError'
  | 'TimeoutError'
  | 'RateLimitError'
  | 'ContentPolicyViolationError'
  | 'InternalServerError';

/** May stand in `router_settings` and, with less say, in `litellm_settings`. */
export interface Reliability {
  readonly num_retries?: number | undefined;
  readonly allowed_fails?: number | undefined;
  readonly cooldown_time?: number | undefined;
}

export interface RouterSettings extends FallbackLists, Reliability {
  readonly routing_strategy?: StrategyName | undefined;
  readonly timeout?: number | undefined;
  readonly stream_timeout?: number | undefined;
  readonly disable_cooldowns?: boolean | undefined;
  readonly retry_policy?: RetryPolicy | undefined;
  readonly model_group_retry_policy?: Readonly<Record<string, RetryPolicy>> | undefined;
  readonly allowed_fails_policy?: FailsPolicy | undefined;
  readonly model_group_alias?: Readonly<Record<string, string | AliasEntry>> | undefined;
  readonly enable_pre_call_checks?: boolean | undefined;
  readonly enable_tag_filtering?: boolean | undefined;
  readonly tag_filtering_match_any?: boolean | undefined;
  readonly default_max_parallel_requests?: number | undefined;
}

export interface AliasEntry {
  readonly model: string;
  readonly hidden?: boolean | undefined;
}

export interface LiteLlmSettings extends FallbackLists, Reliability {
  readonly request_timeout?: number | undefined;
  readonly cache?: boolean | undefined;
  readonly cache_params?: CacheParams | undefined;
}

export interface CacheParams {
  readonly type?: string | undefined;
  readonly ttl?: number | undefined;
  readonly namespace?: string | undefined;
  readonly mode?: 'default_on' | 'default_off' | undefined;
}
