/** What a tracker is made with, and what is wrong with it. */
import type { Baseline } from './baseline.ts';
import type { OnAlert } from './budget-alert.ts';
import type { BudgetOptions } from './budget-options.ts';
import type { BudgetStore } from './budget-store.ts';
import type { BudgetsFor } from './budgets.ts';
import { checkObject, shown } from './check-options.ts';
import type { Price } from './own-prices.ts';
import type { PriceSource } from './price-source.ts';

export interface CostTrackerOptions {
  /**
   * Own prices, asked first, by named model, `provider/model`, model alone, or served model.
   * USD per million tokens, `perThousand(usd)` or `free`. @default {}
   */
  readonly prices?: Readonly<Record<string, Price>> | undefined;
  /** Asked for what own prices do not answer. @default genaiPrices() */
  readonly priceSource?: PriceSource | undefined;
  /** What savings are measured against: a model, on the same tokens, or a stated cost per workflow. @default none */
  readonly baseline?: Baseline | undefined;
  /** What calls may cost or use. Each is held against before a call is made, and charged after it. @default [] */
  readonly budgets?: readonly BudgetOptions[] | undefined;
  /** Budgets beyond those, of whoever makes a call: asked for each. The same budget is the same object each time. @default none */
  readonly budgetsFor?: BudgetsFor | undefined;
  /** Where budgets are kept: a store of your own lets several processes share them. @default in this process */
  readonly budgetStore?: BudgetStore | undefined;
  /** Is told once when a budget reaches a threshold; `webhook(url)` posts it. @default nobody is told */
  readonly onAlert?: OnAlert | undefined;
  /** A folder to append every row to, in files of this process' own. @default rows are kept in memory alone */
  readonly ledger?: string | undefined;
  /**
   * When a row is on the disk: within 50 ms, and for certain when `flush()` resolves (`batch`), or before its call returns (`each`).
   * @default 'batch'
   */
  readonly durability?: 'batch' | 'each' | undefined;
  /** How many rows stay whole; sums cover all there ever were. @default 10_000 */
  readonly keepRows?: number | undefined;
  /** How many agents, models and workflows are kept apart; the rest is under `__other__`. @default 2_000 */
  readonly maxGroups?: number | undefined;
}

const optionNames: ReadonlySet<string> = new Set<keyof CostTrackerOptions>([
  'prices',
  'priceSource',
  'baseline',
  'budgets',
  'budgetsFor',
  'budgetStore',
  'onAlert',
  'ledger',
  'durability',
  'keepRows',
  'maxGroups',
]);

/** @throws {TypeError} when an option is not what it should be. What stands within `prices` and `budgets` is checked where it is read. */
export function checkOptions(options: CostTrackerOptions): void {
  checkObject(options);
  const { priceSource, baseline, budgetsFor, budgetStore, onAlert, ledger, durability, keepRows, maxGroups } = options;
  const unknown = Object.keys(options).find((name) => !optionNames.has(name));
  if (unknown !== undefined) throw new TypeError(`${unknown}: no such option; there are ${[...optionNames].join(', ')}`);
  checkCount({ keepRows }, 0);
  checkCount({ maxGroups }, 1);
  checkFunctions({ onAlert, budgetsFor });
  if (priceSource !== undefined && typeof priceSource?.resolve !== 'function') {
    throw new TypeError('priceSource: not an object with resolve(provider, model, at)');
  }
  if (baseline !== undefined && !isBaseline(baseline)) {
    throw new TypeError(`baseline: ${JSON.stringify(baseline)} is neither a model nor { costPerWorkflowUsd } of at least 0`);
  }
  if (budgetStore !== undefined && !isStore(budgetStore)) {
    throw new TypeError(`budgetStore: ${shown(budgetStore)} has not all of reserve, settle and release`);
  }
  if (durability !== undefined && durability !== 'batch' && durability !== 'each') {
    throw new TypeError(`durability: ${shown(durability)} is neither batch nor each`);
  }
  if (ledger !== undefined && (typeof ledger !== 'string' || ledger === '')) {
    throw new TypeError(`ledger: ${shown(ledger)} is not the path of a folder`);
  }
}

function checkCount(option: Readonly<Record<string, unknown>>, least: number): void {
  for (const [name, value] of Object.entries(option)) {
    if (value === undefined || (Number.isSafeInteger(value) && Number(value) >= least)) continue;
    throw new TypeError(`${name}: ${shown(value)} is not a whole number of at least ${least}`);
  }
}

function checkFunctions(options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && typeof value !== 'function') throw new TypeError(`${name}: ${shown(value)} is not a function`);
  }
}

function isStore(store: Partial<BudgetStore> | null): boolean {
  return (['reserve', 'settle', 'release'] as const).every((method) => typeof store?.[method] === 'function');
}

function isBaseline(baseline: unknown): boolean {
  if (typeof baseline === 'string') return baseline !== '';
  const usd = (baseline as { costPerWorkflowUsd?: unknown } | null)?.costPerWorkflowUsd;
  return typeof usd === 'number' && Number.isFinite(usd) && usd >= 0;
}
