import { atFactor, termsOf } from './billing-terms.ts';
import type { BudgetSubjects } from './budget.ts';
import type { CallSize } from './call-size.ts';
import type { FoundPrice } from './price-source.ts';
import { splitModel, type Pricer } from './pricer.ts';
import { RecentOutputs } from './recent-outputs.ts';
import type { LedgerRow } from './row.ts';
import type { BillingTerms } from './usage/reading.ts';

/** A call that is about to be made. */
export interface ProspectiveCall extends BudgetSubjects {
  /** The named model of a router. */
  readonly name?: string | undefined;
  /** `provider/model`, or a model alone. */
  readonly model: string;
  /** It runs on the caller's own machines. */
  readonly local?: boolean | undefined;
  /** Asked only when a budget has a say in the call. */
  size(): CallSize;
}

/** What can be said of a call before it is made. */
export interface Prospect {
  readonly size: CallSize;
  /** The 95th percentile of recent outputs of that model and role, once there are enough. */
  readonly usualOutput: number | undefined;
  /** On the terms that the call asks for; `null` if nobody knows it. */
  readonly price: FoundPrice | null;
}

/** Looks ahead, from prices and from the answers there have been. */
export class Prospects {
  readonly #pricer: Pricer;
  readonly #outputs = new RecentOutputs();

  constructor(pricer: Pricer) {
    this.#pricer = pricer;
  }

  of(call: ProspectiveCall, at: number): Prospect {
    const size = call.size();
    return { size, usualOutput: this.#outputs.p95(keyOf(call)), price: this.#priceOf(call, size.terms, at) };
  }

  /** Learns from a row that such a call has left. */
  learn(call: KeyParts, { outcome, usage }: LedgerRow): void {
    if (outcome === 'answered' && usage.outputTokens !== undefined) this.#outputs.add(keyOf(call), usage.outputTokens);
  }

  /** A tier that is cheaper may not be granted: it is not counted on. A price source that fails knows no price. */
  #priceOf({ name, model, local }: ProspectiveCall, terms: BillingTerms, at: number): FoundPrice | null {
    try {
      const found = this.#pricer.find({ name, model, local, at });
      if (found === null) return null;
      const { provider, id } = splitModel(model);
      const { factor, unpriced } = termsOf(terms, provider, id, found);
      if (unpriced) return null;
      return factor && factor.numerator > factor.denominator ? atFactor(found, factor) : found;
    } catch {
      return null;
    }
  }
}

type KeyParts = Pick<ProspectiveCall, 'name' | 'model' | 'agent'>;

/** Answers are alike when the model and the role are. */
function keyOf({ name, model, agent }: KeyParts): string {
  return `${name ?? model}\n${agent ?? ''}`;
}
