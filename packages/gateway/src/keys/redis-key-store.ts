import { pairsOf } from '../state/shared-circuits.ts';
import { RedisAway, type RedisLink } from '../state/redis-link.ts';
import { redisNames } from '../state/redis-names.ts';
import { type KeyStore, MemoryKeyStore } from './key-store.ts';
import type { VirtualKey } from './virtual-key.ts';

/** Keys that all gateways share. Each has a copy, which is at most a second old; it goes by that while Redis is away. */
export class RedisKeyStore implements KeyStore {
  readonly #link: RedisLink;
  readonly #copy = new MemoryKeyStore();
  #version: unknown;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  find(id: string): VirtualKey | undefined | Promise<VirtualKey | undefined> {
    return this.#copy.find(id) ?? this.#fetch(id);
  }

  byName(name: string): VirtualKey | undefined {
    return this.#copy.byName(name);
  }

  all(): readonly VirtualKey[] {
    return this.#copy.all();
  }

  async put(key: VirtualKey): Promise<void> {
    await this.#link.command('HSET', redisNames.keys, key.id, JSON.stringify(key));
    await this.#link.command('INCR', redisNames.keysVersion);
    this.#copy.put(key);
  }

  async remove(id: string): Promise<void> {
    await this.#link.command('HDEL', redisNames.keys, id);
    await this.#link.command('INCR', redisNames.keysVersion);
    this.#copy.remove(id);
  }

  configure(keys: readonly VirtualKey[]): void {
    this.#copy.configure(keys);
  }

  /** Takes over what has changed. */
  async refresh(): Promise<void> {
    const version = (await this.#link.command('GET', redisNames.keysVersion)) ?? '0';
    if (version === this.#version) return;
    const stored = pairsOf(await this.#link.command('HGETALL', redisNames.keys)).map(
      ([, text]) => JSON.parse(text) as VirtualKey,
    );
    const ids = new Set(stored.map(({ id }) => id));
    for (const { id, isConfigured } of this.#copy.all()) if (!isConfigured && !ids.has(id)) this.#copy.remove(id);
    for (const key of stored) if (!this.#copy.find(key.id)?.isConfigured) this.#copy.put(key);
    this.#version = version;
  }

  /** It may have been made at another gateway just now. @throws {RedisAway} when nobody can say. */
  async #fetch(id: string): Promise<VirtualKey | undefined> {
    if (!this.#link.isUp) throw new RedisAway(false);
    const text = await this.#link.command('HGET', redisNames.keys, id);
    if (typeof text !== 'string') return undefined;
    const key = JSON.parse(text) as VirtualKey;
    this.#copy.put(key);
    return key;
  }
}
