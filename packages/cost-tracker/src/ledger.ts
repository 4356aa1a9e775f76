import { perWorkflow, SameTokens, type Baseline, type BaselineFigures } from './baseline.ts';
import { DailyRollup, type DailyFigures } from './daily-rollup.ts';
import type { Entry } from './entry.ts';
import { divideHalfEven, shareOf } from './money.ts';
import type { Pricer } from './pricer.ts';
import { RetryTally } from './retry-tally.ts';
import { Ring } from './ring.ts';
import { Rollup } from './rollup.ts';
import type { LedgerRow } from './row.ts';
import type { GroupFigures, Summary } from './summary.ts';
import { SpendHistory, spentBy, type Spent } from './spend-history.ts';
import { Spend } from './spend.ts';
import { Tally, usdOrNull } from './tally.ts';

export interface LedgerOptions {
  readonly pricer: Pricer;
  readonly keepRows: number;
  readonly maxGroups: number;
  readonly baseline: Baseline | undefined;
}

/** Keeps the last rows whole and sums over all of them, in bounded memory. */
export class Ledger {
  readonly #recent: Ring<LedgerRow>;
  readonly #total = new Tally();
  readonly #labelled = new Spend();
  readonly #agents: Rollup;
  readonly #models: Rollup;
  readonly #workflows: Rollup;
  readonly #retries = new RetryTally();
  readonly #history = new SpendHistory();
  readonly #daily: DailyRollup;
  #added = 0;
  #workflowsSucceeded = 0;
  readonly #baseline: SameTokens | { readonly costPerWorkflowUsd: number } | undefined;

  constructor({ pricer, keepRows, maxGroups, baseline }: LedgerOptions) {
    this.#recent = new Ring(keepRows);
    this.#agents = new Rollup(maxGroups);
    this.#models = new Rollup(maxGroups);
    this.#workflows = new Rollup(maxGroups);
    this.#daily = new DailyRollup(maxGroups);
    this.#baseline = typeof baseline === 'string' ? new SameTokens(baseline, pricer) : baseline;
  }

  add(entry: Entry): void {
    const { row } = entry;
    this.#recent.push(row);
    this.#added += 1;
    this.#total.add(entry);
    this.#retries.add(row);
    this.#history.add(entry);
    this.#daily.add(entry);
    this.#agents.add(row.agent ?? '(none)', entry);
    this.#models.add(row.name ?? row.model, entry);
    if (row.workflow !== undefined) this.#addToWorkflow(row.workflow, entry);
    if (this.#baseline instanceof SameTokens) this.#baseline.add(row);
  }

  rows(): LedgerRow[] {
    return this.#recent.toArray();
  }

  /** What was spent when: by request while all rows are kept, and in sums once there have been more. */
  spending(): { readonly spent: readonly Spent[]; readonly summed: boolean } {
    const rows = this.rows();
    if (rows.length < this.#added) return { spent: this.#history.sums(), summed: true };
    return { spent: rows.filter(({ outcome }) => outcome !== 'cache_hit').map(spentBy), summed: false };
  }

  daily(): readonly DailyFigures[] {
    return this.#daily.figures();
  }

  summary(): Summary {
    const workflows = this.#workflows.keys;
    const labelled = workflows === 0 ? null : this.#labelled.known;
    return {
      ...this.#total.figures(),
      byAgent: this.#groups(this.#agents),
      byModel: this.#groups(this.#models),
      byWorkflow: this.#groups(this.#workflows),
      workflows,
      costPerWorkflowUsd: usdPer(labelled, workflows),
      workflowsSucceeded: this.#workflowsSucceeded,
      costPerSuccessUsd: usdPer(labelled, this.#workflowsSucceeded),
      retries: this.#retries.figures(),
      baseline: this.#compare(workflows),
    };
  }

  /** A run has succeeded while its last call was answered; one that is folded away stays as it was. */
  #addToWorkflow(workflow: string, entry: Entry): void {
    const { row, amount } = entry;
    if (row.outcome !== 'cache_hit') this.#labelled.add(row.costPicodollars, amount);
    this.#workflowsSucceeded += this.#workflows.add(workflow, entry);
  }

  #groups(rollup: Rollup): Record<string, GroupFigures> {
    const total = this.#total.picodollars;
    // `fromEntries` defines properties, so that an agent called `__proto__` is a key like any other.
    return Object.fromEntries(
      rollup.entries().map(([key, tally]) => {
        const share = total === null || tally.picodollars === null ? null : shareOf(tally.picodollars, total);
        return [key, Object.assign(tally.figures(), { share })];
      }),
    );
  }

  #compare(workflows: number): BaselineFigures | null {
    if (this.#baseline === undefined) return null;
    if (this.#baseline instanceof SameTokens) return this.#baseline.figures();
    const { known: picodollars, unpriced } = this.#labelled;
    return perWorkflow(this.#baseline.costPerWorkflowUsd, workflows, picodollars, unpriced);
  }
}

function usdPer(picodollars: bigint | null, count: number): number | null {
  return usdOrNull(picodollars === null || count === 0 ? null : divideHalfEven(picodollars, BigInt(count)));
}
