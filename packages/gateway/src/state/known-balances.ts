import type { BudgetBalance, BudgetCharge, BudgetStore } from '@rolecall/cost-tracker';

interface Known extends BudgetBalance {
  readonly closesAt: number;
}

const maxAccounts = 10_000;

/** What budgets were last heard to have spent, for metrics and the dashboard. */
export class KnownBalances {
  readonly #known = new Map<string, Known>();

  /** The same store, listened to. */
  watch(store: BudgetStore): BudgetStore {
    const note = (charges: readonly BudgetCharge[], balances: readonly BudgetBalance[]): readonly BudgetBalance[] => {
      charges.forEach((charge, index) => this.#note(charge, balances[index]));
      return balances;
    };
    return {
      reserve: (claims) => store.reserve(claims),
      release: (lease) => store.release(lease),
      settle: (lease, charges) => {
        const balances = store.settle(lease, charges);
        return balances instanceof Promise ? balances.then((all) => note(charges, all)) : note(charges, balances);
      },
    };
  }

  /** USD spent in the window that is open, of the budget of that name. */
  spentUsd(budget: string): number {
    const now = Date.now();
    for (const [account, { spent, closesAt }] of this.#known) {
      if (closesAt > now && account.startsWith(`${budget}\n`)) return Number(spent) / 1e12;
    }
    return 0;
  }

  #note({ account, closesAt }: BudgetCharge, balance: BudgetBalance | undefined): void {
    if (!balance) return;
    if (this.#known.size >= maxAccounts && !this.#known.has(account)) this.#forget();
    this.#known.set(account, { ...balance, closesAt });
  }

  #forget(): void {
    const now = Date.now();
    for (const [account, { closesAt }] of this.#known) if (closesAt <= now) this.#known.delete(account);
    if (this.#known.size >= maxAccounts) this.#known.clear();
  }
}
