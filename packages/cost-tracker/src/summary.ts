import type { BaselineFigures } from './baseline.ts';
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
  readonly baseline: BaselineFigures | null;
}
