/** What gateways share, or one has for itself: keys, budgets, limits, circuits, answers. */
import { type BudgetStore, MemoryBudgetStore } from '@rolecall/cost-tracker';
import type { DeploymentHealth, Router, RouterOptions } from '@rolecall/router';
import type { Logger } from 'pino';
import type { Cooldowns } from '../health/cooldowns.ts';
import { type KeyLimits, MemoryKeyLimits, RedisKeyLimits } from '../keys/key-limits.ts';
import { KeySpend } from '../keys/key-spend.ts';
import { type KeyStore, MemoryKeyStore } from '../keys/key-store.ts';
import { RedisKeyStore } from '../keys/redis-key-store.ts';
import { RedisBudgetStore } from './redis-budget-store.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';
import { redisCacheStore } from './redis-cache-store.ts';
import { RedisAway, RedisLink } from './redis-link.ts';
import { SharedBudgetStore } from './shared-budget-store.ts';
import { SharedCalls } from './shared-calls.ts';
import { SharedCircuits } from './shared-circuits.ts';
import { withSharedLimits } from './shared-limits.ts';

export interface State {
  readonly keys: KeyStore;
  readonly spend: KeySpend;
  readonly limits: KeyLimits;
  readonly budgets: BudgetStore;
  /** Which calls are at a backend, where other gateways are to know. */
  readonly calls: SharedCalls | undefined;
  /** `undefined`: there is none. */
  redisUp(): boolean | undefined;
  /** The options of a router that shares what there is to share. */
  share(options: RouterOptions): RouterOptions;
  /** What has just opened, for the other gateways. */
  tell(opened: readonly DeploymentHealth[]): void;
  close(): Promise<void>;
}

export interface StateOptions {
  readonly settings: GatewaySettings;
  readonly log: Logger;
  readonly cooldowns: Cooldowns;
  readonly router: () => Router | undefined;
}

export async function openState(options: StateOptions): Promise<State> {
  const { redisUrl } = options.settings;
  return redisUrl === undefined ? ownState() : await sharedState(redisUrl, options);
}

function ownState(): State {
  return {
    keys: new MemoryKeyStore(),
    spend: new KeySpend(undefined),
    limits: new MemoryKeyLimits(),
    budgets: new MemoryBudgetStore(),
    calls: undefined,
    redisUp: () => undefined,
    share: (options) => options,
    tell: () => undefined,
    close: () => Promise.resolve(),
  };
}

const everyMs = 1_000;

async function sharedState(url: string, { settings, log, cooldowns, router }: StateOptions): Promise<State> {
  const onState = (isUp: boolean): void =>
    isUp ? log.info({ event: 'redis_up' }, 'Redis answers') : log.warn({ event: 'redis_away' }, 'Redis does not answer');
  const link = await RedisLink.open(url, { onState });
  const keys = new RedisKeyStore(link);
  const spend = new KeySpend(link);
  const limits = new RedisKeyLimits(link);
  const budgets = new SharedBudgetStore(new RedisBudgetStore(link), settings.budgetsWithoutRedis);
  const circuits = new SharedCircuits(link, cooldowns);
  const note = (error: unknown): void => {
    if (!(error instanceof RedisAway)) log.error({ event: 'redis_error', reason: String(error).slice(0, 200) }, 'Redis objects');
  };
  const quietly = (work: Promise<unknown>): Promise<unknown> => work.catch(note);
  const exchange = async (): Promise<void> => {
    if (!link.isUp) return;
    const current = router();
    await Promise.all(
      [keys.refresh(), spend.share(), budgets.pay(), current && circuits.heed(current)].map((work) =>
        quietly(Promise.resolve(work)),
      ),
    );
  };
  let exchanging = exchange();
  await exchanging;
  const timer = setInterval(() => {
    exchanging = exchanging.then(exchange);
  }, everyMs).unref();

  return {
    keys,
    spend,
    limits,
    budgets,
    calls: new SharedCalls(link, note),
    redisUp: () => link.isUp,
    share: (options) => ({
      ...options,
      models: withSharedLimits(options.models, limits),
      cache: options.cache ? { ...options.cache, store: redisCacheStore(link) } : options.cache,
    }),
    tell: (opened) => void quietly(circuits.tell(opened)),
    close: async () => {
      clearInterval(timer);
      await exchanging;
      await exchange(); // the last of what was spent
      link.close();
    },
  };
}
