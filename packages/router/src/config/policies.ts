/** What holds for the whole router: how a deployment is chosen, retries, limits of time, cooldowns, the cache. */
import type { RouterCacheOptions, RouterOptions, RouterRetryOptions } from '../options.ts';
import { overlay } from '../overlay.ts';
import type { CacheStore } from '../policies/cache-store.ts';
import type { ConfigFile, LiteLlmSettings } from './file.ts';
import type { Findings } from './findings.ts';
import type { Resolve } from './names-in-file.ts';
import { perCode, routerCooldown, routerTimeout } from './reliability.ts';

export type PolicyOptions = Pick<
  RouterOptions,
  'strategy' | 'matchAnyTag' | 'retry' | 'timeout' | 'cooldown' | 'cache' | 'maxAttempts'
>;

interface Context {
  readonly resolve: Resolve;
  readonly findings: Findings;
  readonly cacheStore: CacheStore | undefined;
}

/** `router_settings` come before `litellm_settings`. */
export function readPolicies(file: ConfigFile, { resolve, findings, cacheStore }: Context): PolicyOptions {
  const { router_settings: router = {}, litellm_settings: litellm = {} } = file;
  const retry = readRetry(file, resolve);
  return {
    strategy: router.routing_strategy,
    matchAnyTag: router.tag_filtering_match_any,
    retry,
    maxAttempts: attemptsFor(retry),
    timeout: routerTimeout(router, litellm),
    cooldown: routerCooldown(router, litellm),
    cache: readCache(litellm, cacheStore, findings),
  };
}

function readRetry(
  { router_settings: router = {}, litellm_settings: litellm = {} }: ConfigFile,
  resolve: Resolve,
): RouterRetryOptions {
  const groups = Object.entries(router.model_group_retry_policy ?? {}).flatMap(([name, policy]) => {
    const model = resolve(name, ['router_settings', 'model_group_retry_policy', name]);
    return model === undefined ? [] : [[model, { perCode: perCode(policy, 'Retries') }] as const];
  });
  return overlay<RouterRetryOptions>(
    {},
    {
      retries: router.num_retries ?? litellm.num_retries,
      perCode: router.retry_policy && perCode(router.retry_policy, 'Retries'),
      perModel: groups.length === 0 ? undefined : Object.fromEntries(groups),
    },
  );
}

const usualAttempts = 6;

/** A file that asks for many retries means them, even where a router would stop at six calls. */
function attemptsFor({ retries = 0, perCode: codes = {}, perModel = {} }: RouterRetryOptions): number | undefined {
  const groups = Object.values(perModel).map((group) => (group && group.perCode) || {});
  const most = Math.max(retries, ...[codes, ...groups].flatMap((numbers) => Object.values(numbers).map((number) => number ?? 0)));
  return most + 1 > usualAttempts ? most + 1 : undefined;
}

/** Two kinds of stores there are here; what another would have kept is asked anew. */
function readCache(
  { cache, cache_params: params = {} }: LiteLlmSettings,
  cacheStore: CacheStore | undefined,
  findings: Findings,
): RouterCacheOptions | undefined {
  const ignore = (key: string, note: string): void =>
    findings.verdict(['litellm_settings', 'cache_params', key], 'ignored', note);
  if (!cache) {
    for (const key of Object.keys(params)) ignore(key, 'litellm_settings.cache is not on');
    return undefined;
  }
  const { type = cacheStore ? 'redis' : 'local', ttl, namespace, mode } = params;
  if (type !== 'local' && type !== 'redis') {
    ignore('type', 'nothing is cached: the caches there are here are local and redis');
    return undefined;
  }
  if (mode === 'default_off') {
    ignore('mode', 'nothing is cached: no request asks for a cache that is off for all');
    return undefined;
  }
  if (type === 'redis' && !cacheStore) ignore('type', 'answers are kept in memory until a store is given: { cacheStore }');
  return overlay<RouterCacheOptions>(
    {},
    { ttlMs: ttl === undefined ? undefined : ttl * 1_000, namespace, store: type === 'redis' ? cacheStore : undefined },
  );
}
