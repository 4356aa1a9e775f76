/** The budgets of virtual keys, which the tracker holds their calls against. */
import type { BudgetOptions, BudgetStore } from '@rolecall/cost-tracker';
import { KnownBalances } from '../state/known-balances.ts';
import type { KeyStore } from './key-store.ts';
import { budgetOf, tagPrefix, type VirtualKey } from './virtual-key.ts';

/** What a key may still spend in this window, in USD. */
export interface KeyBalance {
  readonly name: string;
  readonly id: string;
  readonly leftUsd: number;
}

export class KeyBudgets {
  readonly balances: KnownBalances = new KnownBalances();
  readonly #keys: KeyStore;
  readonly #unpriced: () => 'refuse' | 'allow';
  readonly #known = new WeakMap<VirtualKey, Known>();

  constructor(keys: KeyStore, unpriced: () => 'refuse' | 'allow') {
    this.#keys = keys;
    this.#unpriced = unpriced;
  }

  /** The store, looked at on its way: what it says is what is known. */
  watched(store: BudgetStore): BudgetStore {
    return this.balances.watch(store);
  }

  /** The budget of the key that a call came with. */
  of(tags: readonly string[]): readonly BudgetOptions[] {
    const tag = tags.find((one) => one.startsWith(tagPrefix));
    const key = tag === undefined ? undefined : this.#keys.byName(tag.slice(tagPrefix.length));
    if (!key) return none;
    const unpriced = this.#unpriced(); // a reload may change it
    const known = this.#known.get(key);
    if (known?.unpriced === unpriced) return known.budgets;
    const budget = budgetOf(key, unpriced);
    const budgets = budget ? [budget] : none;
    this.#known.set(key, { unpriced, budgets });
    return budgets;
  }

  remaining(): readonly KeyBalance[] {
    return this.#keys.all().flatMap(({ id, name, maxBudgetUsd }) => {
      if (maxBudgetUsd === undefined) return [];
      return [{ id, name, leftUsd: Math.max(0, maxBudgetUsd - this.balances.spentUsd(`key ${name}`)) }];
    });
  }
}

interface Known {
  readonly unpriced: 'refuse' | 'allow';
  readonly budgets: readonly BudgetOptions[];
}

const none: readonly BudgetOptions[] = [];
