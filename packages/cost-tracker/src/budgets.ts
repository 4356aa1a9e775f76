import { Background } from './background.ts';
import { BudgetAlerts, type OnAlert } from './budget-alert.ts';
import { BudgetError, type BudgetErrorFacts } from './budget-error.ts';
import type { BudgetOptions } from './budget-options.ts';
import type { BudgetAccount, BudgetBalance, BudgetStore, BudgetVerdict } from './budget-store.ts';
import { Budget, type BudgetPot, type BudgetSubjects } from './budget.ts';
import type { Pricer } from './pricer.ts';
import { Prospects, type Prospect, type ProspectiveCall } from './prospects.ts';
import { estimate } from './reservation.ts';
import type { LedgerRow } from './row.ts';
import type { Warnings } from './warnings.ts';

/** What a call in flight may use, put aside for it. */
export interface Hold {
  /** Notes a row that the call has left. */
  add(row: LedgerRow): void;
  /** The call is over: what its rows came to is spent, and the rest is free again. */
  settle(): void;
  /** Gives up what is held; the rows still count. */
  release(): void | Promise<void>;
}

/** What is held for a call that no budget has a word on. */
export const nothingHeld: Hold = { add: () => undefined, settle: () => undefined, release: () => undefined };

/** Budgets beyond the general ones, of whoever makes this very call. The same budget is the same object each time. */
export type BudgetsFor = (call: BudgetSubjects) => readonly BudgetOptions[];

export interface BudgetsOptions {
  readonly budgets: readonly BudgetOptions[];
  readonly budgetsFor?: BudgetsFor | undefined;
  readonly store: BudgetStore;
  readonly pricer: Pricer;
  readonly onAlert: OnAlert | undefined;
  readonly warnings: Warnings;
}

/** An account that a call is charged to, and what is claimed of it; nothing where a budget only warns. */
interface Match {
  readonly budget: Budget;
  readonly pot: BudgetPot;
  readonly claim: bigint | null;
  readonly remedy?: (() => string) | undefined;
}

/** Lets calls pass as long as every budget has room for them. */
export class Budgets {
  readonly #budgets: readonly Budget[];
  readonly #budgetsFor: BudgetsFor | undefined;
  readonly #read = new WeakMap<BudgetOptions, Budget>();
  readonly #store: BudgetStore;
  readonly #prospects: Prospects;
  readonly #alerts: BudgetAlerts;
  readonly #warnings: Warnings;
  readonly #settling = new Background();
  readonly #storeFailed = (error: unknown): void =>
    this.#warnings.once('budget_store', `The store of budgets failed, and lacks what a call has used: ${String(error)}`);

  /** @throws {TypeError} when a budget is not what it should be. */
  constructor({ budgets, budgetsFor, store, pricer, onAlert, warnings }: BudgetsOptions) {
    this.#budgets = readBudgets(budgets);
    this.#budgetsFor = budgetsFor;
    this.#store = store;
    this.#prospects = new Prospects(pricer);
    this.#alerts = new BudgetAlerts(onAlert, warnings);
    this.#warnings = warnings;
  }

  /**
   * Holds what a call may use: in one synchronous step, unless the store is asynchronous. A call within a call takes over
   * from the outer hold, since the size and the price are known best where the request goes out.
   *
   * @throws {BudgetError} when a budget has no room for it.
   */
  reserve(call: ProspectiveCall, outer?: Hold): Hold | Promise<Hold> {
    const matches = this.#claims(call, Date.now());
    return after(outer?.release(), () => this.#take(call, matches));
  }

  /** Counts a row that nothing was held for, such as one that is recorded by hand; unless its window is over. `silent`: no alert. */
  count(row: LedgerRow, silent?: 'silent'): void {
    const { at } = row;
    const matches = this.#matches(row, Date.now()).filter(({ pot: { window } }) => at >= window.start && at < window.end);
    this.#learn(matches, row, row);
    this.#settle(null, matches, [row], silent);
  }

  /** Resolves when the store knows of all that was spent, and every alert has been told. */
  async settled(): Promise<void> {
    await this.#settling.settled();
    await this.#alerts.settled();
  }

  #take(call: ProspectiveCall, matches: readonly Match[]): Hold | Promise<Hold> {
    if (matches.length === 0) return nothingHeld;
    const claimed = matches.filter(({ claim }) => claim !== null);
    if (claimed.length === 0) return this.#hold(call, matches, null);

    const decide = (verdict: BudgetVerdict): Hold => {
      if (verdict.lease !== null) return this.#hold(call, matches, verdict.lease);
      throw this.#refusal(call, claimed[verdict.refused] ?? claimed[0]!, verdict.balance);
    };
    const fail = (cause: unknown): never => {
      const { budget, pot } = claimed[0]!;
      throw errorOf(call, budget, pot, { code: 'budget_store_failed', reason: 'the store of budgets failed', cause });
    };
    let verdict: BudgetVerdict | Promise<BudgetVerdict>;
    try {
      verdict = this.#store.reserve(
        claimed.map(({ budget, pot, claim }) => ({ ...accountOf(pot), limit: budget.limit, amount: claim ?? 0n })),
      );
    } catch (error) {
      return fail(error);
    }
    return verdict instanceof Promise ? verdict.then(decide, fail) : decide(verdict);
  }

  #matches(call: BudgetSubjects, at: number): Match[] {
    const matches: Match[] = [];
    const add = (budget: Budget): void => {
      for (const pot of budget.potsFor(call, at)) matches.push({ budget, pot, claim: null });
    };
    this.#budgets.forEach(add);
    for (const options of this.#budgetsFor?.(call) ?? []) add(this.#budgetOf(options));
    return matches;
  }

  #budgetOf(options: BudgetOptions): Budget {
    const budget = this.#read.get(options) ?? new Budget(options, 'budgetsFor()');
    this.#read.set(options, budget);
    return budget;
  }

  #claims(call: ProspectiveCall, at: number): Match[] {
    let known: Prospect | undefined;
    return this.#matches(call, at).map((match) => {
      const { budget, pot } = match;
      if (budget.onLimit === 'warn') return match;
      known ??= this.#prospects.of(call, at);
      const estimated = estimate(budget, known);
      const { amount, refusal: code, reason } = estimated;
      if (amount === null) throw errorOf(call, budget, pot, { code, reason });
      return { budget, pot, claim: amount, remedy: estimated.remedy };
    });
  }

  /** Only a budget that holds what is typical asks what that is. */
  #learn(matches: readonly Match[], by: Answering, row: LedgerRow): void {
    if (matches.some(({ budget }) => budget.holdsTypical)) this.#prospects.learn(by, row);
  }

  #hold(by: Answering, matches: readonly Match[], lease: string | null): Hold {
    const rows: LedgerRow[] = [];
    let held = lease;
    return {
      add: (row) => {
        rows.push(row);
        this.#learn(matches, by, row);
      },
      settle: () => {
        this.#settle(held, matches, rows.splice(0));
        held = null;
      },
      release: () => {
        const given = held;
        held = null;
        return given === null ? undefined : this.#release(given);
      },
    };
  }

  /** A lease that cannot be given back lapses by itself. */
  #release(lease: string): void | Promise<void> {
    try {
      const done = this.#store.release(lease);
      return done instanceof Promise ? done.catch(this.#storeFailed) : done;
    } catch (error) {
      this.#storeFailed(error);
    }
  }

  #settle(lease: string | null, matches: readonly Match[], rows: readonly LedgerRow[], silent?: 'silent'): void {
    const charged: { readonly budget: Budget; readonly pot: BudgetPot; readonly amount: bigint }[] = [];
    for (const match of matches) {
      const amount = rows.reduce((sum, row) => sum + amountOf(row, match), 0n);
      if (amount > 0n) charged.push({ budget: match.budget, pot: match.pot, amount });
    }
    if (lease === null && charged.length === 0) return;

    const tell = (balances: readonly BudgetBalance[]): void => {
      charged.forEach(({ budget, pot, amount }, index) => {
        const balance = balances[index];
        if (balance && !silent) this.#alerts.charged(budget, pot, amount, balance);
      });
    };
    try {
      const charges = charged.map(({ pot: { account, closesAt, oneOfMany }, amount }) => ({
        account,
        closesAt,
        oneOfMany,
        amount,
      }));
      const balances = this.#store.settle(lease, charges);
      if (balances instanceof Promise) this.#settling.run(balances.then(tell), this.#storeFailed);
      else tell(balances);
    } catch (error) {
      this.#storeFailed(error);
    }
  }

  #refusal(call: ProspectiveCall, { budget, pot, claim, remedy }: Match, balance: BudgetBalance): BudgetError {
    this.#alerts.refused(budget, pot, balance);
    const { spent, reserved } = balance;
    const inFlight = reserved > 0n ? ` and ${budget.text(reserved)} held for calls in flight` : '';
    const again = pot.window.end === Infinity ? '' : `; it begins anew at ${new Date(pot.window.end).toISOString()}`;
    const how = remedy === undefined ? '' : ` (${remedy()})`;
    const reason = `${budget.text(spent)} of ${budget.text(budget.limit)} are spent${inFlight}, and it may need ${budget.text(claim ?? 0n)}${how}${again}`;
    const amounts = { spent: budget.shown(spent), reserved: budget.shown(reserved), needed: budget.shown(claim ?? 0n) };
    return errorOf(call, budget, pot, { code: 'budget_exceeded', reason, ...amounts });
  }
}

function accountOf({ account, closesAt, oneOfMany }: BudgetPot): BudgetAccount {
  return { account, closesAt, oneOfMany };
}

/** What a row is charged with. A cost that stays unknown is taken to be all that was held for it. */
function amountOf({ outcome, usage, costPicodollars, possiblyBilled }: LedgerRow, { budget, claim }: Match): bigint {
  if (outcome === 'cache_hit') return 0n;
  if (budget.unit === 'usd') return costPicodollars ?? claim ?? 0n;

  const { inputTokens, outputTokens } = usage;
  if (inputTokens === undefined && outputTokens === undefined && (outcome === 'answered' || possiblyBilled)) return claim ?? 0n;
  return BigInt((inputTokens ?? 0) + (outputTokens ?? 0));
}

type Answering = Pick<ProspectiveCall, 'name' | 'model' | 'agent'>;

type Refusal = Pick<BudgetErrorFacts, 'code' | 'reason'> & Partial<BudgetErrorFacts>;

function errorOf({ model }: ProspectiveCall, budget: Budget, { subject, window }: BudgetPot, refusal: Refusal): BudgetError {
  const { name, scope, unit, onLimit } = budget;
  const windowEnd = window.end === Infinity ? null : window.end;
  return new BudgetError({
    action: onLimit === 'next' ? 'next' : 'stop',
    budget: name,
    scope,
    subject,
    model,
    unit,
    limit: budget.shown(budget.limit),
    spent: null,
    reserved: null,
    needed: null,
    windowEnd,
    ...refusal,
  });
}

function readBudgets(given: readonly BudgetOptions[]): readonly Budget[] {
  if (!Array.isArray(given)) throw new TypeError("budgets: not a list; use [{ limitUsd: 5, window: 'day' }]");
  const budgets = given.map((options: BudgetOptions, index) => new Budget(options, `budgets[${index}]`));
  budgets.forEach(({ name }, index) => {
    const first = budgets.findIndex((budget) => budget.name === name);
    if (first < index)
      throw new TypeError(`budgets[${index}].name: "${name}" is that of budgets[${first}], too: give one another name`);
  });
  return budgets;
}

function after<Result>(before: void | Promise<void>, then: () => Result | Promise<Result>): Result | Promise<Result> {
  return before instanceof Promise ? before.then(then) : then();
}
