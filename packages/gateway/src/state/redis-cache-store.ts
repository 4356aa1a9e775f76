import type { CacheStore } from '@rolecall/router';
import type { RedisLink } from './redis-link.ts';
import { redisNames } from './redis-names.ts';

/** Answers that all gateways share. The router's cache sees to it that no request fails or waits for it. */
export function redisCacheStore(link: RedisLink): CacheStore {
  return {
    get: (key) => link.command('GET', redisNames.answer(key)),
    set: (key, value, ttlMs) => link.command('SET', redisNames.answer(key), value, 'PX', String(Math.max(1, Math.ceil(ttlMs)))),
    delete: (key) => link.command('DEL', redisNames.answer(key)),
  };
}
