import type { BaselineFigures } from './baseline.ts';
import type { RetryFigures } from './retry-tally.ts';
import type { Figures } from './tally.ts';

export interface GroupFigures extends Figures {
  /** Part of the total cost, from 0 to 1; `null` when there is no cost to have a part of. */
  readonly share: number | null;
}

/** The state of a ledger, as plain data: numbers, texts and `null`. */
export interface Summary extends Figures {
  /** Calls without an agent are under `(none)`. */
  readonly byAgent: Readonly<Record<string, GroupFigures>>;
  /** By named model, or else by `provider/model`. */
  readonly byModel: Readonly<Record<string, GroupFigures>>;
  /** The most recently active; calls without a workflow are in none. */
  readonly byWorkflow: Readonly<Record<string, GroupFigures>>;
  /** How many workflows there have been. */
  readonly workflows: number;
  /** The priced calls of workflows, over the number of workflows; `null` without any. */
  readonly costPerWorkflowUsd: number | null;
  /** Those whose last call was answered, by a model or from a cache. */
  readonly workflowsSucceeded: number;
  /** The priced calls of all workflows, also of those that failed, over the number that succeeded; `null` without any. */
  readonly costPerSuccessUsd: number | null;
  readonly retries: RetryFigures;
  readonly baseline: BaselineFigures | null;
}
