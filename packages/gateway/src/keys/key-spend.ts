import type { LedgerRow } from '@rolecall/cost-tracker';
import { RedisAway, type RedisLink } from '../state/redis-link.ts';
import { redisNames } from '../state/redis-names.ts';
import { pairsOf } from '../state/shared-circuits.ts';
import { tagPrefix } from './virtual-key.ts';

const maxKeys = 10_000;

/** The name of the key that a call came with. */
function keyNameOf({ tags }: LedgerRow): string | undefined {
  return tags.find((tag) => tag.startsWith(tagPrefix))?.slice(tagPrefix.length);
}

/** What each key has spent, ever: by name, in picodollars. */
export class KeySpend {
  readonly #link: RedisLink | undefined;
  readonly #spent = new Map<string, bigint>();
  /** The same of names that no key had when the ledger was read: one may come by a reload. */
  readonly #past = new Map<string, bigint>();
  /** What Redis has not been told yet. */
  readonly #news = new Map<string, bigint>();

  constructor(link: RedisLink | undefined) {
    this.#link = link;
  }

  add(row: LedgerRow): void {
    const spent = this.#addTo(this.#spent, row);
    if (spent && this.#link) this.#news.set(spent.name, (this.#news.get(spent.name) ?? 0n) + spent.amount);
  }

  /** A row of the ledger on disk. Those of names that no key has leave the room of those that have one. */
  remember(row: LedgerRow, isKey: (name: string) => boolean): void {
    const name = keyNameOf(row);
    if (name !== undefined) this.#addTo(isKey(name) ? this.#spent : this.#past, row);
  }

  usdOf(name: string): number {
    return Number((this.#spent.get(name) ?? 0n) + (this.#past.get(name) ?? 0n)) / 1e12;
  }

  #addTo(sums: Map<string, bigint>, row: LedgerRow): { readonly name: string; readonly amount: bigint } | undefined {
    const { costPicodollars: amount } = row;
    const name = keyNameOf(row);
    if (name === undefined || amount === null || amount === 0n) return undefined;
    if (!sums.has(name) && sums.size >= maxKeys) return undefined;
    sums.set(name, (sums.get(name) ?? 0n) + amount);
    return { name, amount };
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
