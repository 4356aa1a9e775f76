/** A call that no budget allows was not made. This file imports no code. */
import type { BudgetScope, BudgetUnit } from './budget-options.ts';

/**
 * `budget_exceeded`: it does not fit into what is left. `budget_unpriced`: nobody knows what it would cost.
 * `budget_unbounded`: nobody knows how much it could use. `budget_store_failed`: the shared store did not answer.
 */
export type BudgetErrorCode = 'budget_exceeded' | 'budget_unpriced' | 'budget_unbounded' | 'budget_store_failed';

export interface BudgetErrorFacts {
  readonly code: BudgetErrorCode;
  readonly action: 'stop' | 'next';
  /** The budget's name. */
  readonly budget: string;
  readonly scope: BudgetScope;
  /** The agent, workflow or tag it is for. */
  readonly subject: string | undefined;
  /** `provider/model`, or the name it was asked by. */
  readonly model: string;
  readonly unit: BudgetUnit;
  readonly limit: number;
  readonly spent: number | null;
  readonly reserved: number | null;
  readonly needed: number | null;
  readonly windowEnd: number | null;
  /** The same in a sentence. */
  readonly reason: string;
  readonly cause?: unknown;
}

/** A budget refused a call before it was made: nobody was asked, and nothing was charged. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError';
  readonly code: BudgetErrorCode;
  /** What the budget's `onLimit` asks for: the end, or the next model of a router's chain. */
  readonly action: 'stop' | 'next';
  readonly budget: string;
  readonly scope: BudgetScope;
  /** The agent, workflow or tag that the budget is for. */
  readonly subject: string | undefined;
  readonly model: string;
  /** What `limit`, `spent`, `reserved` and `needed` count. */
  readonly unit: BudgetUnit;
  readonly limit: number;
  /** `null` where the call was refused whatever is left. */
  readonly spent: number | null;
  /** What calls in flight may still use; `null` as above. */
  readonly reserved: number | null;
  /** What this call may use; `null` if nobody can say. */
  readonly needed: number | null;
  /** When the budget begins anew, in epoch milliseconds; `null` if it never does. */
  readonly windowEnd: number | null;

  constructor(facts: BudgetErrorFacts) {
    super(`The budget "${facts.budget}" refused a call of ${facts.model}: ${facts.reason}`, { cause: facts.cause });
    this.code = facts.code;
    this.action = facts.action;
    this.budget = facts.budget;
    this.scope = facts.scope;
    this.subject = facts.subject;
    this.model = facts.model;
    this.unit = facts.unit;
    this.limit = facts.limit;
    this.spent = facts.spent;
    this.reserved = facts.reserved;
    this.needed = facts.needed;
    this.windowEnd = facts.windowEnd;
  }

  get isBudgetError(): true {
    return true; // on the prototype, so it never clutters a log
  }

  /** Holds across duplicate copies of this package, where `instanceof` does not. */
  static isInstance(error: unknown): error is BudgetError {
    return (error as Partial<BudgetError> | null | undefined)?.isBudgetError === true;
  }
}
