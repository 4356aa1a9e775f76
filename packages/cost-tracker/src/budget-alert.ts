import { Background } from './background.ts';
import type { BudgetScope, BudgetUnit } from './budget-options.ts';
import type { BudgetBalance } from './budget-store.ts';
import type { Budget, BudgetPot } from './budget.ts';
import type { Warnings } from './warnings.ts';

/** A budget has been used up to a threshold. */
export interface BudgetAlert {
  readonly type: 'budget';
  /** The budget's name. */
  readonly budget: string;
  readonly scope: BudgetScope;
  /** The agent, workflow or tag whose budget it is; `null` for that of the whole process. */
  readonly subject: string | null;
  /** The part of the limit that has been reached: 0.8 is 80 %. */
  readonly threshold: number;
  /** What `limit`, `spent` and `reserved` count. */
  readonly unit: BudgetUnit;
  readonly limit: number;
  readonly spent: number;
  /** What calls in flight may still use. */
  readonly reserved: number;
  /** When the window began and when it ends, as ISO texts; `null` for a total. */
  readonly windowStart: string | null;
  readonly windowEnd: string | null;
  /** The same in a sentence. */
  readonly message: string;
}

/** Is told when a budget reaches a threshold. No request waits for it; what it throws becomes a warning. */
export type OnAlert = (alert: BudgetAlert) => void | Promise<void>;

const maxFull = 10_000;

/** Says when an account passes a threshold: once, since only one charge can be the one that passes it. */
export class BudgetAlerts {
  readonly #onAlert: OnAlert | undefined;
  readonly #warnings: Warnings;
  readonly #told = new Background();
  /** The accounts that have refused a call, and so are as good as full. */
  readonly #full = new Set<string>();

  constructor(onAlert: OnAlert | undefined, warnings: Warnings) {
    this.#onAlert = onAlert;
    this.#warnings = warnings;
  }

  /** An account was charged, which led to that balance. */
  charged(budget: Budget, pot: BudgetPot, amount: bigint, balance: BudgetBalance): void {
    const before = balance.spent - amount;
    for (const threshold of budget.thresholds) {
      const passed = before < threshold.amount && balance.spent >= threshold.amount;
      const known = threshold.share === 1 && this.#full.has(pot.account);
      if (passed && !known) this.#tell(budget, pot, threshold.share, balance, 'spent');
    }
    if (budget.onLimit !== 'warn' || before >= budget.limit || balance.spent < budget.limit) return;
    this.#warnings.once('budget', sentence(budget, pot, balance, 'spent'), `budget ${budget.name}`);
  }

  /** A call did not fit: whatever is left, the limit is reached. */
  refused(budget: Budget, pot: BudgetPot, balance: BudgetBalance): void {
    const limit = budget.thresholds.find(({ share }) => share === 1);
    if (!limit || balance.spent >= limit.amount || this.#full.has(pot.account)) return;
    for (const oldest of this.#full.size < maxFull ? [] : this.#full) {
      this.#full.delete(oldest);
      break;
    }
    this.#full.add(pot.account);
    this.#tell(budget, pot, 1, balance, 'spent, and a call was refused that may not fit');
  }

  /** Resolves when everyone has been told. */
  settled(): Promise<void> {
    return this.#told.settled();
  }

  #tell(budget: Budget, pot: BudgetPot, threshold: number, balance: BudgetBalance, what: string): void {
    const { name, scope, unit, limit } = budget;
    const { subject = null, window } = pot;
    const alert: BudgetAlert = {
      type: 'budget',
      budget: name,
      scope,
      subject,
      threshold,
      unit,
      limit: budget.shown(limit),
      spent: budget.shown(balance.spent),
      reserved: budget.shown(balance.reserved),
      windowStart: isoOrNull(window.start),
      windowEnd: isoOrNull(window.end),
      message: sentence(budget, pot, balance, what),
    };
    const failed = (error: unknown): void =>
      this.#warnings.once(
        'alert',
        `An alert was not delivered (${alert.message}): ${error instanceof Error ? error.message : typeof error}`,
      );
    // An async function, so that what `onAlert` throws at once is a rejection, too.
    this.#told.run((async () => this.#onAlert?.(alert))(), failed);
  }
}

function sentence(budget: Budget, { subject, window }: BudgetPot, { spent }: BudgetBalance, what: string): string {
  const whose = subject === undefined ? '' : ` (${subject})`;
  const until = window.end === Infinity ? '' : `, until ${new Date(window.end).toISOString()}`;
  return `Budget "${budget.name}"${whose}: ${budget.text(spent)} of ${budget.text(budget.limit)} ${what}${until}`;
}

function isoOrNull(instant: number): string | null {
  return Number.isFinite(instant) ? new Date(instant).toISOString() : null;
}
