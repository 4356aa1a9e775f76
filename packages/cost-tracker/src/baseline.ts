import type { Bill } from './bill.ts';
import { formatName, plural } from './format.ts';
import { picodollarsOf, shareOf } from './money.ts';
import type { Pricer } from './pricer.ts';
import type { LedgerRow } from './row.ts';
import { usdOrNull } from './tally.ts';

/** What a saving is measured against: a model, on the same tokens, or what a workflow used to cost. */
export type Baseline = string | { readonly costPerWorkflowUsd: number };

/** A comparison with the baseline; a negative saving is a loss. `null` where it is not available. */
export interface BaselineFigures {
  /** `same_tokens`: an estimate, since models count tokens differently. `per_workflow`: a stated cost per workflow. */
  readonly basis: 'same_tokens' | 'per_workflow';
  /** The model compared with; `null` for a stated cost per workflow. */
  readonly model: string | null;
  /** What it would have cost. */
  readonly costUsd: number | null;
  /** What the calls compared did cost, failed attempts included. */
  readonly spentUsd: number | null;
  readonly savedUsd: number | null;
  readonly savedShare: number | null;
  /** Calls left out on both sides, because they or the baseline have no price. */
  readonly excluded: number;
  /** Those of them for which it is the baseline that has no price, as when its name is misspelt. */
  readonly baselineUnpriced: number;
}

/** What is left out, in words; `undefined` if nothing is. */
export function leftOut({ excluded, baselineUnpriced }: BaselineFigures): string | undefined {
  const parts = [
    { count: excluded - baselineUnpriced, why: 'without a price' },
    { count: baselineUnpriced, why: 'for which the baseline has no price' },
  ].filter(({ count }) => count > 0);
  const texts = parts.map(({ count, why }) => `${plural(count, 'request', 'requests')} ${why}`);
  return texts.length === 0 ? undefined : texts.join(', ');
}

/** Why there is no saving: a name without a price is a mistake, and anything else only means that there is nothing to compare yet. */
export function notCompared({ model, costUsd, baselineUnpriced }: BaselineFigures): string {
  if (costUsd !== null || baselineUnpriced === 0) return 'not available';
  return `not available: no price is known for the baseline ${formatName(model ?? '')}; check its name, or add it to \`prices\``;
}

function savings(
  basis: BaselineFigures['basis'],
  model: string | null,
  cost: bigint | null,
  spent: bigint | null,
  excluded: number,
  baselineUnpriced = 0,
): BaselineFigures {
  const saved = cost === null || spent === null ? null : cost - spent;
  return {
    basis,
    model,
    costUsd: usdOrNull(cost),
    spentUsd: usdOrNull(spent),
    savedUsd: usdOrNull(saved),
    savedShare: cost === null || saved === null ? null : shareOf(saved, cost),
    excluded,
    baselineUnpriced,
  };
}

/** The baseline would not have made a failed attempt. */
const nothing: Pick<Bill, 'picodollars' | 'unpriced'> = { picodollars: 0n };

/** Prices every answer a second time, at the baseline's rates. What was spent includes failed attempts: they are part of the price of routing. */
export class SameTokens {
  readonly #model: string;
  readonly #pricer: Pricer;
  #compared = 0;
  #excluded = 0;
  #baselineUnpriced = 0;
  #cost = 0n;
  #spent = 0n;

  constructor(model: string, pricer: Pricer) {
    this.#model = model;
    this.#pricer = pricer;
  }

  add(row: LedgerRow): void {
    if (row.outcome === 'cache_hit') return;
    const quote = row.outcome === 'answered' ? this.#pricer.quote({ model: this.#model, at: row.at }, row.usage) : nothing;
    const { picodollars: cost, unpriced } = quote;
    if (cost === null || row.costPicodollars === null) {
      this.#excluded += 1;
      if (unpriced?.code === 'no_price' || unpriced?.code === 'no_rate') this.#baselineUnpriced += 1;
      return;
    }
    if (row.outcome === 'answered') this.#compared += 1;
    this.#cost += cost;
    this.#spent += row.costPicodollars;
  }

  figures(): BaselineFigures {
    const cost = this.#compared === 0 ? null : this.#cost;
    const spent = cost === null ? null : this.#spent;
    return savings('same_tokens', this.#model, cost, spent, this.#excluded, this.#baselineUnpriced);
  }
}

/** Compares with a stated cost per workflow; not available while a call of a workflow has no price. */
export function perWorkflow(
  costPerWorkflowUsd: number,
  workflows: number,
  spent: bigint | null,
  unpriced: number,
): BaselineFigures {
  const cost = workflows === 0 ? null : picodollarsOf(costPerWorkflowUsd) * BigInt(workflows);
  return savings('per_workflow', null, cost, unpriced > 0 || cost === null ? null : spent, unpriced);
}
