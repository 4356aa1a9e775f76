import { randomUUID } from 'node:crypto';
import {
  type BudgetBalance,
  type BudgetCharge,
  type BudgetClaim,
  type BudgetStore,
  type BudgetVerdict,
  MemoryBudgetStore,
} from '@rolecall/cost-tracker';
import type { RedisBudgetStore } from './redis-budget-store.ts';
import { RedisAway } from './redis-link.ts';

/** What budgets do while Redis is away: each gateway goes by its own count (`open`), or refuses what has a budget (`closed`). */
export type BudgetsWithoutRedis = 'open' | 'closed';

/** A settlement that may or may not have arrived. */
interface Uncertain {
  readonly id: string;
  readonly lease: string | null;
  readonly charges: readonly BudgetCharge[];
}

const maxUncertain = 1_000;
const maxOwed = 10_000;
const ownLease = 'own:';

/** Budgets in Redis, and what becomes of them while it is away. What is used in the meantime is charged when it is back. */
export class SharedBudgetStore implements BudgetStore {
  readonly #redis: RedisBudgetStore;
  readonly #mode: BudgetsWithoutRedis;
  /** The count of this gateway alone: all it knows when Redis is away. */
  readonly #own = new MemoryBudgetStore();
  readonly #uncertain: Uncertain[] = [];
  readonly #owed = new Map<string, BudgetCharge>();
  #paying: Promise<void> | undefined;

  constructor(redis: RedisBudgetStore, mode: BudgetsWithoutRedis) {
    this.#redis = redis;
    this.#mode = mode;
  }

  async reserve(claims: readonly BudgetClaim[]): Promise<BudgetVerdict> {
    try {
      return await this.#redis.reserve(claims);
    } catch (error) {
      if (this.#mode === 'closed' || !(error instanceof RedisAway)) throw error;
      const verdict = this.#own.reserve(claims);
      return verdict.lease === null ? verdict : { lease: `${ownLease}${verdict.lease}` };
    }
  }

  async settle(lease: string | null, charges: readonly BudgetCharge[]): Promise<readonly BudgetBalance[]> {
    const own = lease?.startsWith(ownLease) ? lease.slice(ownLease.length) : null;
    const here = this.#own.settle(own, charges);
    const settlement: Uncertain = { id: randomUUID(), lease: own === null ? lease : null, charges };
    try {
      return await this.#redis.settle(settlement.lease, charges, settlement.id);
    } catch (error) {
      if (!(error instanceof RedisAway)) throw error;
      this.#owe(settlement, error);
      return here;
    }
  }

  async release(lease: string): Promise<void> {
    if (lease.startsWith(ownLease)) return this.#own.release(lease.slice(ownLease.length));
    await this.#redis.release(lease).catch((error: unknown) => {
      if (!(error instanceof RedisAway)) throw error; // the lease lapses by itself
    });
  }

  /** Charges what was used while Redis was away. */
  async pay(): Promise<void> {
    this.#paying ??= this.#payAll().finally(() => (this.#paying = undefined));
    await this.#paying;
  }

  /** Charges that Redis has not heard of. */
  get owed(): number {
    return this.#uncertain.length + this.#owed.size;
  }

  async #payAll(): Promise<void> {
    try {
      for (let first = this.#uncertain[0]; first; first = this.#uncertain[0]) {
        await this.#redis.settle(first.lease, first.charges, first.id);
        this.#uncertain.shift();
      }
      for (const [account, charge] of this.#owed) {
        this.#owed.delete(account);
        const settlement: Uncertain = { id: randomUUID(), lease: null, charges: [charge] };
        await this.#redis.settle(null, settlement.charges, settlement.id).catch((error: unknown) => {
          this.#owe(settlement, error);
          throw error;
        });
      }
    } catch (error) {
      if (!(error instanceof RedisAway)) throw error; // gone again: next time
    }
  }

  /** What certainly did not arrive is added up by account; the rest is sent again as it was, so that it is charged once. */
  #owe(settlement: Uncertain, error: unknown): void {
    const isCertain = error instanceof RedisAway && !error.maybeDone && settlement.lease === null;
    if (!isCertain && this.#uncertain.length < maxUncertain) {
      this.#uncertain.push(settlement);
      return;
    }
    for (const charge of settlement.charges) {
      const owed = this.#owed.get(charge.account);
      if (owed === undefined && this.#owed.size >= maxOwed) {
        process.emitWarning(
          'Redis is away for long: some of what was spent is in the ledger, and in no budget',
          'RolecallWarning',
        );
        continue;
      }
      this.#owed.set(charge.account, { ...charge, amount: charge.amount + (owed?.amount ?? 0n) });
    }
  }
}
