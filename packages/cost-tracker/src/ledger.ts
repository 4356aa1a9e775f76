import { perWorkflow, SameTokens, type Baseline, type BaselineFigures } from './baseline.ts';
import { divideHalfEven, shareOf } from './money.ts';
import type { Pricer } from './pricer.ts';
import { Ring } from './ring.ts';
import { Rollup } from './rollup.ts';
import type { LedgerRow } from './row.ts';
import type { GroupFigures, Summary } from './summary.ts';
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
  readonly #labelled = new Tally();
  readonly #agents: Rollup;
  readonly #models: Rollup;
  readonly #workflows: Rollup;
  readonly #baseline: SameTokens | { readonly costPerWorkflowUsd: number } | undefined;

  constructor({ pricer, keepRows, maxGroups, baseline }: LedgerOptions) {
    this.#recent = new Ring(keepRows);
    this.#agents = new Rollup(maxGroups);
    this.#models = new Rollup(maxGroups);
    this.#workflows = new Rollup(maxGroups);
    this.#baseline = typeof baseline === 'string' ? new SameTokens(baseline, pricer) : baseline;
  }

  add(row: LedgerRow): void {
    this.#recent.push(row);
    this.#total.add(row);
    this.#agents.add(row.agent ?? '(none)', row);
    this.#models.add(row.name ?? row.model, row);
    if (row.workflow !== undefined) {
      this.#labelled.add(row);
      this.#workflows.add(row.workflow, row);
    }
    if (this.#baseline instanceof SameTokens) this.#baseline.add(row);
  }

  rows(): LedgerRow[] {
    return this.#recent.toArray();
  }

  summary(): Summary {
    const workflows = this.#workflows.keys;
    const labelled = workflows === 0 ? null : this.#labelled.picodollars;
    return {
      ...this.#total.figures(),
      byAgent: this.#groups(this.#agents),
      byModel: this.#groups(this.#models),
      byWorkflow: this.#groups(this.#workflows),
      workflows,
      costPerWorkflowUsd: usdOrNull(labelled === null ? null : divideHalfEven(labelled, BigInt(workflows))),
      baseline: this.#compare(workflows),
    };
  }

  #groups(rollup: Rollup): Record<string, GroupFigures> {
    const total = this.#total.picodollars;
    // `fromEntries` defines properties, so that an agent called `__proto__` is a key like any other.
    return Object.fromEntries(
      rollup.entries().map(([key, tally]) => {
        const share = total === null || tally.picodollars === null ? null : shareOf(tally.picodollars, total);
        return [key, { ...tally.figures(), share }];
      }),
    );
  }

  #compare(workflows: number): BaselineFigures | null {
    if (this.#baseline === undefined) return null;
    if (this.#baseline instanceof SameTokens) return this.#baseline.figures();
    const { picodollars, unpriced } = this.#labelled;
    return perWorkflow(this.#baseline.costPerWorkflowUsd, workflows, picodollars, unpriced);
  }
}
