/** Every key of LiteLLM's configuration, and our own, with what becomes of it here: the one place that says so. */
import { z } from 'zod';
import type {
  AliasEntry,
  CacheParams,
  ConfigFile,
  FailsPolicy,
  FallbackLists,
  LiteLlmSettings,
  ModelEntry,
  ModelInfo,
  ModelParams,
  RateLimits,
  Reliability,
  RetryPolicy,
  RouterSettings,
  SettingWords,
} from './file.ts';
import { changed, honoured, ignored, type Key, type Keys, type KeysOf, required, section } from './keys.ts';
import {
  amount,
  anyNumber,
  anything,
  count,
  list,
  oneOf,
  positive,
  seconds,
  text,
  headerMap,
  texts,
  wholeNumber,
  yesOrNo,
} from './kinds.ts';

const gateway = 'a matter of the gateway';
const ledger = 'a matter of the cost tracker';
const otherProvider = 'no adapter here has a use for it';

const strategies = [
  'simple-shuffle',
  'least-busy',
  'latency-based-routing',
  'cost-based-routing',
  'usage-based-routing',
  'usage-based-routing-v2',
] as const;

/** The settings of a request that a role or a deployment may fix. */
export const settingKeys: KeysOf<SettingWords> = {
  temperature: honoured(anyNumber),
  top_p: honoured(anyNumber),
  top_k: honoured(positive),
  max_tokens: honoured(positive),
  max_completion_tokens: honoured(positive),
  stop: honoured(z.union([text, texts], { error: 'a string or a list of strings' })),
  seed: honoured(wholeNumber),
  frequency_penalty: honoured(anyNumber),
  presence_penalty: honoured(anyNumber),
  reasoning_effort: honoured(oneOf(['none', 'minimal', 'low', 'medium', 'high'])),
  parallel_tool_calls: honoured(yesOrNo),
  service_tier: honoured(text),
};

const fallbackLists: KeysOf<FallbackLists> = {
  fallbacks: honoured(list),
  context_window_fallbacks: honoured(list),
  content_policy_fallbacks: honoured(list),
  default_fallbacks: honoured(texts),
};

const rateLimits: KeysOf<RateLimits> = {
  rpm: changed(positive, 'it is kept to, and not only a weight'),
  tpm: changed(positive, 'it is kept to, and not only a weight'),
};

const reliability: KeysOf<Reliability> = {
  num_retries: honoured(count),
  allowed_fails: honoured(count),
  cooldown_time: changed(seconds, 'doubled after each probe that fails; Retry-After comes first'),
};

const failsPolicy: KeysOf<FailsPolicy> = {
  BadRequestErrorAllowedFails: changed(count, 'what is wrong with a request never counts against a deployment'),
  AuthenticationErrorAllowedFails: honoured(count),
  TimeoutErrorAllowedFails: honoured(count),
  RateLimitErrorAllowedFails: honoured(count),
  ContentPolicyViolationErrorAllowedFails: changed(count, 'what a policy forbids never counts against a deployment'),
  InternalServerErrorAllowedFails: honoured(count),
};

const retryPolicy: KeysOf<RetryPolicy> = {
  BadRequestErrorRetries: honoured(count),
  AuthenticationErrorRetries: honoured(count),
  TimeoutErrorRetries: honoured(count),
  RateLimitErrorRetries: honoured(count),
  ContentPolicyViolationErrorRetries: honoured(count),
  InternalServerErrorRetries: honoured(count),
};

const perGroup = (key: Key<RetryPolicy>): Key<Record<string, RetryPolicy>> => ({
  treatment: 'honoured',
  namedKeys: key.keys,
  schema: z.record(z.string(), key.schema, { error: 'a map of models, each with its policy' }),
});

const alias: KeysOf<AliasEntry> = {
  model: required(honoured(text)),
  hidden: changed(yesOrNo, 'only a list of models could hide it, and that is the gateway’s'),
};

const streamTimeout = changed(seconds, 'it bounds the wait for the first token, and each silence after it');

const modelParams: KeysOf<ModelParams> = {
  ...settingKeys,
  ...rateLimits,
  model: required(honoured(text)),
  custom_llm_provider: honoured(text),
  api_key: honoured(text),
  api_base: honoured(text),
  base_url: honoured(text),
  api_version: changed(text, 'of Anthropic; Azure is asked by the API that needs none'),
  headers: honoured(headerMap),
  extra_headers: honoured(headerMap),
  weight: honoured(amount),
  order: honoured(wholeNumber),
  tags: honoured(texts),
  timeout: honoured(seconds),
  stream_timeout: streamTimeout,
  max_parallel_requests: honoured(positive),
  cooldown_time: honoured(seconds),
  num_retries: honoured(count),
  input_cost_per_token: honoured(amount),
  output_cost_per_token: honoured(amount),
  num_ctx: honoured(positive),
  keep_alive: honoured(z.union([z.number(), text], { error: 'a number of seconds, or a duration such as 10m' })),
  ...ignored('there is one layer of retries, num_retries', 'max_retries'),
  ...ignored('the program may give a role a shadow: createRouter({ shadow })', 'silent_model'),
  ...ignored('settings a provider has no word for are always left out', 'drop_params', 'additional_drop_params'),
  ...ignored(otherProvider, 'region_name', 'organization', 'deployment_id', 'use_in_pass_through'),
  ...ignored(otherProvider, 'aws_access_key_id', 'aws_secret_access_key', 'aws_region_name'),
  ...ignored(otherProvider, 'vertex_project', 'vertex_location', 'vertex_credentials'),
  ...ignored(gateway, 'max_budget', 'budget_duration'),
};

const modelInfo: KeysOf<ModelInfo> = {
  ...rateLimits,
  id: honoured(text),
  max_input_tokens: honoured(positive),
  input_cost_per_token: honoured(amount),
  output_cost_per_token: honoured(amount),
  allowed_fails: honoured(count),
  allowed_fails_policy: section(failsPolicy),
  cooldown_time: honoured(seconds),
  mode: honoured(anything),
  ...ignored(ledger, 'base_model'),
  ...ignored(gateway, 'access_groups'),
};

const entryKeys: KeysOf<ModelEntry> = {
  ...rateLimits,
  model_name: required(honoured(text)),
  litellm_params: required(section(modelParams)),
  model_info: section(modelInfo, true),
};

const routerSettings: KeysOf<RouterSettings> = {
  ...fallbackLists,
  ...reliability,
  routing_strategy: honoured(oneOf(strategies)),
  timeout: changed(seconds, 'of one call; a whole route has a deadline of its own'),
  stream_timeout: streamTimeout,
  disable_cooldowns: honoured(yesOrNo),
  retry_policy: section(retryPolicy),
  model_group_retry_policy: perGroup(section(retryPolicy)),
  allowed_fails_policy: section(failsPolicy),
  model_group_alias: {
    ...honoured(
      z.record(
        z.string(),
        z.union([text, section(alias).schema], { error: 'the name of a model, or a map with model and hidden' }),
      ),
    ),
    namedKeys: alias,
  },
  enable_pre_call_checks: changed(yesOrNo, 'on unless it says false: max_input_tokens is looked at wherever it is known'),
  enable_tag_filtering: honoured(yesOrNo),
  tag_filtering_match_any: honoured(yesOrNo),
  default_max_parallel_requests: honoured(positive),
  ...ignored('the wait before a retry is drawn at random, and Retry-After is kept to', 'retry_after'),
  ...ignored('a chain is as long as it is written, and nobody is asked twice', 'max_fallbacks'),
  ...ignored('latency is followed without a setting', 'routing_strategy_args'),
  ...ignored('affinity is a field of each request', 'optional_pre_call_checks'),
  ...ignored('a deployment that lacks a variable is never asked; a wrong one stops the start', 'ignore_invalid_deployments'),
  ...ignored('circuits see to it', 'enable_health_check_routing', 'treat_finish_reason_as_failure'),
  ...ignored('requests have no priorities', 'default_priority'),
  ...ignored(ledger, 'provider_budget_config'),
  ...ignored(gateway, 'redis_host', 'redis_port', 'redis_password', 'redis_db', 'redis_url', 'redis_ssl'),
  ...ignored('there is nothing to set', 'set_verbose', 'debug_level', 'client_ttl'),
};

const cacheParams: KeysOf<CacheParams> = {
  type: honoured(text),
  ttl: honoured(seconds),
  namespace: honoured(text),
  mode: honoured(oneOf(['default_on', 'default_off'])),
  ...ignored('a store is given to the program: { cacheStore }', 'host', 'port', 'password', 'db', 'url', 'ssl', 'username'),
  ...ignored('a store is given to the program: { cacheStore }', 'redis_startup_nodes', 'service_name', 'sentinel_nodes'),
  ...ignored('answers are cached by the whole request, exactly', 'similarity_threshold', 'supported_call_types'),
};

const litellmSettings: KeysOf<LiteLlmSettings> = {
  ...fallbackLists,
  ...reliability,
  request_timeout: changed(seconds, 'of one call, where router_settings.timeout does not say'),
  cache: honoured(yesOrNo),
  cache_params: section(cacheParams),
  ...ignored('settings a provider has no word for are always left out', 'drop_params', 'modify_params'),
  ...ignored(
    'hear of attempts by onAttempt',
    'callbacks',
    'success_callback',
    'failure_callback',
    'service_callback',
    'service_callbacks',
  ),
  ...ignored('no prompt is ever logged', 'turn_off_message_logging', 'redact_user_api_key_info'),
  ...ignored(ledger, 'cost_discount_config', 'cost_margin_config'),
  ...ignored(gateway, 'json_logs', 'set_verbose', 'ssl_verify', 'default_internal_user_params', 'default_team_settings'),
  ...ignored(gateway, 'max_budget', 'budget_duration', 'upperbound_key_generate_params'),
};

const generalSettings: Keys = {
  ...ignored(gateway, 'master_key', 'database_url', 'database_connection_pool_limit', 'allow_requests_on_db_unavailable'),
  ...ignored(gateway, 'store_model_in_db', 'background_health_checks', 'health_check_interval', 'alerting', 'alerting_threshold'),
  ...ignored(gateway, 'max_parallel_requests', 'global_max_parallel_requests', 'disable_spend_logs'),
  ...ignored(gateway, 'store_prompts_in_spend_logs', 'maximum_spend_logs_retention_period', 'proxy_batch_write_at'),
  ...ignored(gateway, 'custom_auth', 'allowed_ips', 'proxy_budget_rescheduler_min_time', 'proxy_budget_rescheduler_max_time'),
};

const roleKeys: Keys = {
  chain: honoured(anything),
  settings: { ...honoured(anything), keys: settingKeys },
  note: honoured(text),
};

/** One item of `model_list`. */
export const modelEntry: Key<ModelEntry> = section(entryKeys);

/** The sections of a file, `model_list` apart. */
export const sections: KeysOf<ConfigFile> = {
  ...fallbackLists,
  router_settings: section(routerSettings),
  litellm_settings: section(litellmSettings),
  environment_variables: changed(
    z.record(z.string(), anything, { error: 'a map of variables' }),
    'they hold for this file; the process keeps its own',
  ),
  general_settings: { ...honoured(anything), keys: generalSettings },
  roles: { ...honoured(z.record(z.string(), anything, { error: 'a map of roles' })), namedKeys: roleKeys },
  ...ignored('one file is read', 'include'),
  ...ignored(
    gateway,
    'guardrails',
    'mcp_servers',
    'credential_list',
    'vector_store_registry',
    'finetune_settings',
    'files_settings',
  ),
};

/** The table of a whole file. */
export const knownKeys: Keys = { ...sections, model_list: { ...honoured(list), keys: entryKeys } };
