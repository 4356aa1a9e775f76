import { expect, test } from 'vitest';
import { type LoadedConfig, parseConfig } from './parse-config.ts';

const model_list = [{ model_name: 'a', litellm_params: { model: 'ollama/a' } }];
const load = (file: object, cacheStore?: Map<string, string>): LoadedConfig =>
  parseConfig(JSON.stringify({ model_list, ...file }), { env: {}, cacheStore });
const optionsOf = (file: object): LoadedConfig['options'] => load(file).options;

test.each([
  'simple-shuffle',
  'least-busy',
  'latency-based-routing',
  'cost-based-routing',
  'usage-based-routing',
  'usage-based-routing-v2',
] as const)('the strategy %s is known', (strategy) => {
  expect(optionsOf({ router_settings: { routing_strategy: strategy } }).strategy).toBe(strategy);
});

test('a file that says nothing leaves everything to the router', () => {
  const { models, roles, aliases, ...rest } = optionsOf({});

  expect([Object.keys(models), roles, aliases]).toEqual([['a'], {}, {}]);
  expect(rest).toEqual({ retry: {}, cooldown: {} });
});

test('router_settings come before litellm_settings', () => {
  const litellm_settings = { num_retries: 1, request_timeout: 10, allowed_fails: 1, cooldown_time: 1 };

  expect(optionsOf({ litellm_settings })).toMatchObject({
    retry: { retries: 1 },
    timeout: { attemptMs: 10_000 },
    cooldown: { allowedFails: 1, baseMs: 1_000 },
  });
  expect(
    optionsOf({ litellm_settings, router_settings: { num_retries: 2, timeout: 20, allowed_fails: 2, cooldown_time: 2 } }),
  ).toMatchObject({
    retry: { retries: 2 },
    timeout: { attemptMs: 20_000 },
    cooldown: { allowedFails: 2, baseMs: 2_000 },
  });
});

test('policies by the kind of the error become policies by code, for all and for single models', () => {
  const { retry, cooldown } = optionsOf({
    router_settings: {
      retry_policy: { RateLimitErrorRetries: 3, AuthenticationErrorRetries: 0, TimeoutErrorRetries: 1 },
      model_group_retry_policy: { also: { InternalServerErrorRetries: 4 } },
      model_group_alias: { also: 'a' },
      allowed_fails_policy: { RateLimitErrorAllowedFails: 2 },
    },
  });

  expect(retry).toEqual({
    perCode: { rate_limited: 3, auth: 0, attempt_timeout: 1, first_token_timeout: 1, idle_timeout: 1 },
    perModel: { a: { perCode: { overloaded: 4 } } },
  });
  expect(cooldown).toEqual({ allowedFailsPerCode: { rate_limited: 2 } });
});

test.each([
  [{ num_retries: 5 }, undefined],
  [{ num_retries: 9 }, 10],
  [{ retry_policy: { RateLimitErrorRetries: 7 } }, 8],
  [{ model_group_retry_policy: { a: { RateLimitErrorRetries: 8 } } }, 9],
])('with %j a request may cause %s calls', (router_settings, calls) => {
  expect(optionsOf({ router_settings }).maxAttempts).toBe(calls);
});

test('a cooldown longer than the usual longest is kept', () => {
  expect(optionsOf({ router_settings: { cooldown_time: 600 } }).cooldown).toEqual({ baseMs: 600_000, maxMs: 600_000 });
});

test('one tag is enough, unless the file says otherwise', () => {
  expect(optionsOf({ router_settings: { tag_filtering_match_any: false } }).matchAnyTag).toBe(false);
});

test('the cache is off, or in memory, or in the store that the program gives', () => {
  const store = new Map<string, string>();
  const redis = { litellm_settings: { cache: true, cache_params: { type: 'redis', ttl: 60, namespace: 'n' } } };

  expect(optionsOf({ litellm_settings: { cache_params: { type: 'local' } } }).cache).toBeUndefined();
  expect(optionsOf({ litellm_settings: { cache: true } }).cache).toEqual({});
  expect(load(redis, store).options.cache).toEqual({ ttlMs: 60_000, namespace: 'n', store });
  expect(load(redis, store).warnings).toEqual([]);
});

test('a cache that is off until a request asks for it stays off', () => {
  const off = load({ litellm_settings: { cache: true, cache_params: { mode: 'default_off' } } });

  expect(off.options.cache).toBeUndefined();
  expect(off.warnings).toEqual([expect.stringContaining('cache_params.mode (line 1: nothing is cached')]);
  expect(optionsOf({ litellm_settings: { cache: true, cache_params: { mode: 'default_on' } } }).cache).toEqual({});
});

test('a cache that cannot be what the file asks for is a warning', () => {
  const redis = load({ litellm_settings: { cache: true, cache_params: { type: 'redis' } } });
  const semantic = load({ litellm_settings: { cache: true, cache_params: { type: 'redis-semantic' } } });

  expect(redis.options.cache).toEqual({});
  expect(redis.warnings).toEqual([
    expect.stringContaining('cache_params.type (line 1: answers are kept in memory until a store is given'),
  ]);
  expect(semantic.options.cache).toBeUndefined();
  expect(semantic.warnings).toEqual([expect.stringContaining('cache_params.type (line 1: nothing is cached')]);
});
