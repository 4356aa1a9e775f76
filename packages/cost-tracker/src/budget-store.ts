import { BoundedMap } from './bounded-map.ts';

/** Where budgets keep what is spent and what is held. Several processes can share one; this one is of the process itself. */

/** A pot of one budget, for one agent, workflow or tag, in one window. */
export interface BudgetAccount {
  /** Names it: equal in every process that has the same budget. */
  readonly account: string;
  /** When its window ends, in epoch milliseconds, or `Infinity`. After that it may be forgotten. */
  readonly closesAt: number;
  /** It is that of one workflow, say, of which there is no end: it may be forgotten when it was quiet for long. */
  readonly oneOfMany: boolean;
}

/** What a call may use of an account. Amounts are picodollars or tokens. */
export interface BudgetClaim extends BudgetAccount {
  readonly amount: bigint;
  readonly limit: bigint;
}

/** What a call did use of an account. */
export interface BudgetCharge extends BudgetAccount {
  readonly amount: bigint;
}

export interface BudgetBalance {
  readonly spent: bigint;
  readonly reserved: bigint;
}

/** A lease on all that was claimed; or none at all, with the first claim that did not fit and its account. */
export type BudgetVerdict =
  | { readonly lease: string }
  | { readonly lease: null; readonly refused: number; readonly balance: BudgetBalance };

/**
 * Holds what calls in flight may use. Every method is one atomic step; a store on a network returns promises.
 * A lease that is neither settled nor released lapses after a while, so that a process that died holds nothing for ever.
 */
export interface BudgetStore {
  /** Holds every amount, or none. An amount of 0 always fits; any other must fit under the limit beside what is spent and held. */
  reserve(claims: readonly BudgetClaim[]): BudgetVerdict | Promise<BudgetVerdict>;
  /** Ends the lease, if there is one, and adds to what is spent, also when the lease has lapsed. Returns the balances, in the order of the charges. */
  settle(lease: string | null, charges: readonly BudgetCharge[]): readonly BudgetBalance[] | Promise<readonly BudgetBalance[]>;
  /** Ends the lease: nothing was used. */
  release(lease: string): void | Promise<void>;
}

interface Account {
  readonly closesAt: number;
  readonly oneOfMany: boolean;
  spent: bigint;
  reserved: bigint;
}

interface Lease {
  readonly holds: readonly { readonly account: Account; readonly amount: bigint }[];
  readonly lapsesAt: number;
}

/** Longer than a router lets an attempt take (10 minutes). */
const leaseMs = 15 * 60_000;
const maxAccounts = 10_000;

/** Budgets of one process: every step is done when it returns. */
export class MemoryBudgetStore implements BudgetStore {
  readonly #accounts = new BoundedMap<Account>(maxAccounts, { mayGo: isOver });
  /** Oldest first. */
  readonly #leases = new Map<string, Lease>();
  #count = 0;

  reserve(claims: readonly BudgetClaim[]): BudgetVerdict {
    const now = Date.now();
    this.#lapse(now);
    const accounts = claims.map((claim) => this.#account(claim));
    const refused = claims.findIndex(({ amount, limit }, index) => {
      const { spent, reserved } = accounts[index]!;
      return amount > 0n && spent + reserved + amount > limit;
    });
    if (refused >= 0) return { lease: null, refused, balance: balanceOf(accounts[refused]!) };

    const holds = claims.map(({ amount }, index) => ({ account: accounts[index]!, amount }));
    for (const { account, amount } of holds) account.reserved += amount;
    const lease = String((this.#count += 1));
    this.#leases.set(lease, { holds, lapsesAt: now + leaseMs });
    return { lease };
  }

  settle(lease: string | null, charges: readonly BudgetCharge[]): readonly BudgetBalance[] {
    if (lease !== null) this.release(lease);
    const now = Date.now();
    return charges.map((charge) => {
      if (charge.closesAt <= now) return { spent: charge.amount, reserved: 0n }; // its window is over, and so is its limit
      const account = this.#account(charge);
      account.spent += charge.amount;
      return balanceOf(account);
    });
  }

  release(lease: string): void {
    for (const { account, amount } of this.#leases.get(lease)?.holds ?? []) account.reserved -= amount;
    this.#leases.delete(lease);
  }

  #lapse(now: number): void {
    for (const [lease, { lapsesAt }] of this.#leases) {
      if (lapsesAt > now) return;
      this.release(lease);
    }
  }

  #account({ account: name, closesAt, oneOfMany }: BudgetAccount): Account {
    let account = this.#accounts.get(name);
    if (!account) this.#accounts.add(name, (account = { closesAt, oneOfMany, spent: 0n, reserved: 0n }));
    return account;
  }
}

/** An account that a call in flight may still charge is never forgotten. */
function isOver({ reserved, closesAt, oneOfMany }: Account): boolean {
  return reserved === 0n && (oneOfMany || closesAt <= Date.now());
}

function balanceOf({ spent, reserved }: Account): BudgetBalance {
  return { spent, reserved };
}
