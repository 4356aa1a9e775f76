import { charge, type Unpriced } from './charge.ts';
import { free } from './own-prices.ts';
import type { FoundPrice, PriceSource, Rates } from './price-source.ts';
import { isReported, type TokenUsage } from './usage.ts';

/** The names under which a price is looked for. */
export interface Priceable {
  /** Named model of a router. */
  readonly name?: string | undefined;
  /** `provider/model`, or a model alone. */
  readonly model: string;
  /** The model id the provider says it served. */
  readonly servedModel?: string | undefined;
  /** Runs on the caller's own machines. @default true for Ollama's models, except those in its cloud */
  readonly local?: boolean | undefined;
  /** When it was called, in epoch milliseconds: prices change. */
  readonly at: number;
}

export interface Billable extends Priceable {
  readonly usage: TokenUsage;
  readonly outcome: 'answered' | 'failed' | 'aborted' | 'cache_hit';
  readonly possiblyBilled?: boolean | undefined;
}

/** Where a cost comes from: the rates are those used, so that a later price change does not alter it. */
export interface PriceUsed {
  /** `own`, `local`, `genai-prices`, `cache` (a hit costs nothing), `not_billed` (it failed before it cost anything), or another source's name. */
  readonly source: string;
  /** The entry that answered. */
  readonly match: string;
  /** USD per million tokens. */
  readonly rates: Rates;
}

export type Bill =
  | { readonly picodollars: bigint; readonly price: PriceUsed; readonly unpriced?: undefined }
  | { readonly picodollars: null; readonly price: PriceUsed | null; readonly unpriced: Unpriced };

/** Splits `provider/model`; a model alone has no provider. */
function splitModel(model: string): { provider: string | undefined; id: string } {
  const slash = model.indexOf('/');
  return slash > 0 ? { provider: model.slice(0, slash), id: model.slice(slash + 1) } : { provider: undefined, id: model };
}

/** Nobody sends a bill for a model on the caller's own machines; Ollama also sells models in its cloud. */
export function isLocal({ model, local }: Pick<Priceable, 'model' | 'local'>): boolean {
  const { provider, id } = splitModel(model);
  return local ?? (provider === 'ollama' && !/[-:]cloud$/.test(id));
}

/** Finds prices and makes bills: own prices first, then local models, then the price source. */
export class Pricer {
  readonly #own: ReadonlyMap<string, FoundPrice>;
  readonly #source: PriceSource;

  constructor(own: ReadonlyMap<string, FoundPrice>, source: PriceSource) {
    this.#own = own;
    this.#source = source;
  }

  /** What that usage costs, or why nobody can say. Never throws, whatever the price source does. */
  quote(subject: Priceable, usage: TokenUsage): Bill {
    try {
      const found = this.#find(subject);
      if (!found)
        return {
          picodollars: null,
          price: null,
          unpriced: { code: 'no_price', reason: `no price is known for ${subject.model}` },
        };
      const { source, match } = found;
      const { picodollars, rates, unpriced } = charge(usage, found);
      const price = { source, match, rates };
      return unpriced ? { picodollars, price, unpriced } : { picodollars, price };
    } catch (error) {
      return {
        picodollars: null,
        price: null,
        unpriced: { code: 'price_source_failed', reason: `the price source failed: ${String(error)}` },
      };
    }
  }

  /** What a call cost, with regard to how it ended. `problem` says what is wrong with its usage, if anything is. */
  bill(call: Billable, problem?: string): Bill {
    const { model, outcome, usage } = call;
    if (outcome === 'cache_hit') return { picodollars: 0n, price: { source: 'cache', match: model, rates: free } };
    if (problem !== undefined) return { picodollars: null, price: null, unpriced: { code: 'bad_usage', reason: problem } };

    const silent = outcome !== 'answered' && !isReported(usage);
    if (silent && !call.possiblyBilled) return { picodollars: 0n, price: { source: 'not_billed', match: model, rates: free } };

    const quote = this.quote(call, usage);
    if (!silent || quote.unpriced?.code !== 'usage_not_reported') return quote; // what is free is free, answered or not
    return {
      picodollars: null,
      price: quote.price,
      unpriced: { code: 'possibly_billed', reason: 'it got no answer, and may have been charged for all the same' },
    };
  }

  #find(subject: Priceable): FoundPrice | null {
    const { name, model, servedModel, at } = subject;
    const { provider, id } = splitModel(model);

    // The order of a row's own names. The agent is not among them: what a call costs does not depend on who asks.
    for (const key of [name, model, id, servedModel]) {
      const price = key === undefined ? undefined : this.#own.get(key);
      if (price) return price;
    }
    if (isLocal(subject)) return { source: 'local', match: model, rates: free };

    // What was served is what is billed: behind `gpt-4o` there have been two prices.
    const served = servedModel === undefined ? null : this.#source.resolve(provider, servedModel, at);
    return served ?? this.#source.resolve(provider, id, at);
  }
}
