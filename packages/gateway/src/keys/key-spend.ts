import type { LedgerRow } from '@rolecall/cost-tracker';
import { RedisAway, type RedisLink } from '../state/redis-link.ts';
import { redisNames } from '../state/redis-names.ts';
import { pairsOf } from '../state/shared-circuits.ts';
import { tagPrefix } from './virtual-key.ts';

const maxKeys = 10_000;

/** The name of the key that a call came with. */
export function keyNameOf({ tags }: LedgerRow): string | undefined {
  return tags.find((tag) => tag.startsWith(tagPrefix))?.slice(tagPrefix.length);
}

/** What each key has spent, ever: by name, in picodollars. */
export class KeySpend {
  readonly #link: RedisLink | undefined;
  readonly #spent = new Map<string, bigint>();
  /** What Redis has not been told yet. */
  readonly #news = new Map<string, bigint>();

  constructor(link: RedisLink | undefined) {
    this.#link = link;
  }

  add(row: LedgerRow): void {
    const { costPicodollars } = row;
    const name = keyNameOf(row);
    if (name === undefined || costPicodollars === null || costPicodollars === 0n) return;
    if (!this.#spent.has(name) && this.#spent.size >= maxKeys) return;
    this.#spent.set(name, (this.#spent.get(name) ?? 0n) + costPicodollars);
    if (this.#link) this.#news.set(name, (this.#news.get(name) ?? 0n) + costPicodollars);
  }

  usdOf(name: string): number {
    return Number(this.#spent.get(name) ?? 0n) / 1e12;
  }

  /** Tells Redis what is new, and takes over what all gateways together have spent. */
  async share(): Promise<void> {
    if (!this.#link) return;
    for (const [name, amount] of this.#news) {
      this.#news.delete(name);
      await this.#link.command('HINCRBY', redisNames.spend, name, String(amount)).catch((error: unknown) => {
        if (error instanceof RedisAway && !error.maybeDone) this.#news.set(name, (this.#news.get(name) ?? 0n) + amount);
        throw error;
      });
    }
    for (const [name, amount] of pairsOf(await this.#link.command('HGETALL', redisNames.spend)))
      this.#spent.set(name, BigInt(amount) + (this.#news.get(name) ?? 0n));
  }
}
