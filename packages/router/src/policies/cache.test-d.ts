import KeyvRedis from '@keyv/redis';
import { Keyv } from 'keyv';
import { expectTypeOf, test } from 'vitest';
import type { CacheStore } from './cache-store.ts';
import { cache } from './cache.ts';

test('a Keyv fits as a store, of whatever kind, and so does a Map', () => {
  expectTypeOf(new Keyv()).toExtend<CacheStore>();
  expectTypeOf<Keyv<string>>().toExtend<CacheStore>();
  cache({ store: new Keyv(new KeyvRedis('redis://127.0.0.1:6379')) });
  cache({ store: new Map<string, string>() });
  // @ts-expect-error: an address is no store
  cache({ store: 'redis://127.0.0.1:6379' });
});
