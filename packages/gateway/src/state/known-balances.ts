import type { BudgetBalance, BudgetCharge, BudgetStore } from '@rolecall/cost-tracker';

interface Known {
  readonly spent: BudgetBalance['spent'];
  readonly closesAt: number;
}

const maxBudgets = 10_000;

/** What budgets were last heard to have spent, for metrics and the dashboard. */
export class KnownBalances {
  /** By the name of the budget, of its latest window. */
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
    const known = this.#known.get(budget);
    return known && known.closesAt > Date.now() ? Number(known.spent) / 1e12 : 0;
  }

  #note({ account, closesAt }: BudgetCharge, balance: BudgetBalance | undefined): void {
    if (!balance) return;
    const [name = ''] = account.split('\n', 1);
    const known = this.#known.get(name);
    if (known && known.closesAt > closesAt) return; // a call of the window before is late
    if (!known && this.#known.size >= maxBudgets) this.#forget();
    this.#known.set(name, { spent: balance.spent, closesAt });
  }

  #forget(): void {
    const now = Date.now();
    for (const [name, { closesAt }] of this.#known) if (closesAt <= now) this.#known.delete(name);
    if (this.#known.size >= maxBudgets) this.#known.clear();
  }
}
