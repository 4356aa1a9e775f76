import { randomUUID } from 'node:crypto';
import type { BudgetAccount, BudgetBalance, BudgetCharge, BudgetClaim, BudgetStore, BudgetVerdict } from '@rolecall/cost-tracker';
import { releaseScript, reserveScript, settleScript } from './budget-scripts.ts';
import type { RedisLink } from './redis-link.ts';
import { redisNames } from './redis-names.ts';

/** Longer than an attempt may take: what a gateway that died has held is free again after it. */
const leaseMs = 15 * 60_000;
const graceMs = 60 * 60_000;
const quietMs = 30 * 24 * 60 * 60_000;

/** Budgets that all gateways share. Every method is one script, which Redis runs as one step. */
export class RedisBudgetStore implements BudgetStore {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async reserve(claims: readonly BudgetClaim[]): Promise<BudgetVerdict> {
    const lease = redisNames.lease(randomUUID());
    const values = claims.flatMap((claim) => [String(claim.amount), String(claim.limit), goneAt(claim)]);
    const answer = await this.#link.run(
      reserveScript,
      [...claims.map(({ account }) => redisNames.account(account)), lease, redisNames.leases],
      [String(leaseMs), ...values],
    );
    const [refused, spent, used] = answer as [number, string, string];
    return refused === 0 ? { lease } : { lease: null, refused: refused - 1, balance: balanceOf(spent, used) };
  }

  /** `id` tells one settlement from another: the same one, sent again, is not charged again. */
  async settle(
    lease: string | null,
    charges: readonly BudgetCharge[],
    id: string = randomUUID(),
  ): Promise<readonly BudgetBalance[]> {
    const keys = [lease ?? redisNames.lease(id), redisNames.leases, redisNames.settled(id)];
    const answer = await this.#link.run(
      settleScript,
      [...keys, ...charges.map(({ account }) => redisNames.account(account))],
      charges.flatMap((charge) => [
        String(charge.amount),
        Number.isFinite(charge.closesAt) ? String(charge.closesAt) : '',
        goneAt(charge),
      ]),
    );
    const texts = answer as readonly string[];
    return charges.map((_, index) => balanceOf(texts[index * 2] ?? '0', texts[index * 2 + 1] ?? '0'));
  }

  async release(lease: string): Promise<void> {
    await this.#link.run(releaseScript, [lease, redisNames.leases], []);
  }
}

function balanceOf(spent: string, used: string): BudgetBalance {
  return { spent: BigInt(spent), reserved: BigInt(used) - BigInt(spent) };
}

/** When an account may be forgotten, in epoch milliseconds. */
function goneAt({ closesAt, oneOfMany }: BudgetAccount): string {
  if (Number.isFinite(closesAt)) return String(closesAt + graceMs);
  return oneOfMany ? String(Date.now() + quietMs) : '';
}
