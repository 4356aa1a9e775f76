import type { Bill, BilledPart, PriceUsed } from './bill.ts';
import { atFactor, termsOf } from './billing-terms.ts';
import { BoundedMap } from './bounded-map.ts';
import { charge, type Unpriced } from './charge.ts';
import { picodollarsOf, usdText } from './money.ts';
import { nearNames } from './near-names.ts';
import { overlayPrice } from './overlay.ts';
import { free } from './own-prices.ts';
import type { FoundPrice, PriceSource, Rates } from './price-source.ts';
import { feesOf } from './tool-fees.ts';
import { isReported, type TokenUsage } from './usage.ts';
import type { BillingTerms, ServerTools, UsagePart } from './usage/reading.ts';

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
  /** A simulator answered, in the place of the vendor whose API it speaks. @default false */
  readonly simulated?: boolean | undefined;
  /** When it was called, in epoch milliseconds: prices change. */
  readonly at: number;
}

export interface Billable extends Priceable, BillingTerms {
  readonly usage: TokenUsage;
  readonly outcome: 'answered' | 'failed' | 'aborted' | 'cache_hit';
  readonly possiblyBilled?: boolean | undefined;
  /** Billed one by one, in place of `usage`. */
  readonly parts?: readonly UsagePart[] | undefined;
  readonly serverTools?: ServerTools | undefined;
  /** What the provider says it charged: it knows best. */
  readonly reportedUsd?: number | undefined;
}

/** Splits `provider/model`; a model alone has no provider. */
export function splitModel(model: string): { provider: string | undefined; id: string } {
  const slash = model.indexOf('/');
  return slash > 0 ? { provider: model.slice(0, slash), id: model.slice(slash + 1) } : { provider: undefined, id: model };
}

/** Whoever speaks a vendor's API without having said who he is. */
const compatible = /^(openai|anthropic)-compatible\//;

/** The name a call is priced by: a simulator stands in for the vendor, and its calls have the price that the vendor would have asked. */
function billedName({ model, simulated = false }: Pick<Priceable, 'model' | 'simulated'>): {
  provider: string | undefined;
  id: string;
} {
  return splitModel(simulated ? model.replace(compatible, '$1/') : model);
}

/** Nobody sends a bill for a model on the caller's own machines; Ollama also sells models in its cloud. */
export function isLocal({ model, local }: Pick<Priceable, 'model' | 'local'>): boolean {
  return local ?? (model.startsWith('ollama/') && !/[-:]cloud$/.test(model));
}

/** Finds prices and makes bills: own prices first, then local models, then the overlay, then the price source. */
export class Pricer {
  readonly #own: ReadonlyMap<string, FoundPrice>;
  readonly #source: PriceSource;
  readonly #shared = new WeakMap<FoundPrice, PriceUsed>();
  readonly #near = new BoundedMap<readonly string[]>(1_000);

  constructor(own: ReadonlyMap<string, FoundPrice>, source: PriceSource) {
    this.#own = own;
    this.#source = source;
  }

  /** What that usage costs, or why nobody can say. Never throws, whatever the price source does. */
  quote(call: Quotable, usage: TokenUsage): Bill {
    try {
      return call.parts ? this.#sum(call, call.parts) : this.#price(call, usage);
    } catch (error) {
      return noBill({ code: 'price_source_failed', reason: `the price source failed: ${String(error)}` });
    }
  }

  /** What a call cost, with regard to how it ended. `problem` says what is wrong with its usage, if anything is. */
  bill(call: Billable, problem?: string): Bill {
    const { model, outcome, usage, reportedUsd } = call;
    if (outcome === 'cache_hit') return { picodollars: 0n, price: { source: 'cache', match: model, rates: free } };
    if (reportedUsd !== undefined)
      return { picodollars: picodollarsOf(reportedUsd), price: { source: 'reported', match: model, rates: null } };
    if (problem !== undefined) return noBill({ code: 'bad_usage', reason: problem });

    const silent = outcome !== 'answered' && !isReported(usage);
    if (silent && !call.possiblyBilled) return { picodollars: 0n, price: { source: 'not_billed', match: model, rates: free } };

    const quote = this.quote(call, usage);
    if (!silent || quote.unpriced?.code !== 'usage_not_reported') return quote; // what is free is free, answered or not
    return noBill(
      { code: 'possibly_billed', reason: 'it got no answer, and may have been charged for all the same' },
      quote.price,
    );
  }

  /** The price that answers for a model. Throws what the price source throws. */
  find(subject: Priceable): FoundPrice | null {
    const { name, model, servedModel, at } = subject;
    const { provider, id } = billedName(subject);

    // The order of a row's own names. The agent is not among them: what a call costs does not depend on who asks.
    if (this.#own.size > 0) {
      for (const key of [name, model, id, servedModel]) {
        const price = key === undefined ? undefined : this.#own.get(key);
        if (price) return price;
      }
    }
    const isFree = isLocal(subject);
    if (isFree && !(subject.simulated && compatible.test(model))) return { source: 'local', match: model, rates: free };

    // What was served is what is billed: behind `gpt-4o` there have been two prices.
    const exact = this.#listed(provider, servedModel ?? id, at);
    if (exact) return exact;
    if (isFree) return { source: 'local', match: model, rates: free };
    for (const near of this.#nearNames(provider, id, servedModel)) {
      const price = this.#listed(provider, near, at);
      if (price) return { ...price, approximate: `the price of ${near}, as ${servedModel ?? id} is not listed` };
    }
    return null;
  }

  #listed(provider: string | undefined, model: string, at: number): FoundPrice | null {
    return overlayPrice(provider, model) ?? this.#source.resolve(provider, model, at);
  }

  /** What else a model that is not listed may be listed as. A model that is asked once is asked again. */
  #nearNames(provider: string | undefined, id: string, servedModel: string | undefined): readonly string[] {
    const key = `${provider}/${id} ${servedModel}`;
    const known = this.#near.get(key);
    if (known) return known;
    const others = servedModel === undefined || servedModel === id ? [] : [id, ...nearNames(provider, servedModel)];
    const names = [...new Set([...others, ...nearNames(provider, id)])];
    this.#near.add(key, names);
    return names;
  }

  /** One pass at one price, and what its tools cost. */
  #price(call: Quotable, usage: TokenUsage): Bill {
    const found = this.find(call);
    if (!found) return noBill({ code: 'no_price', reason: `no price is known for ${call.model}` });

    if (isPlain(call, found)) {
      const { picodollars, rates, unpriced } = charge(usage, found);
      const price = this.#used(found, rates);
      return unpriced ? noBill(unpriced, price) : { picodollars, price };
    }
    const { provider, id } = billedName(call);
    const terms = termsOf(call, provider ?? splitModel(found.match).provider, id, found);
    if (terms.unpriced) return noBill(terms.unpriced, used(found, found.rates, {}));
    const { factor, note } = terms;
    const { picodollars, rates, unpriced } = charge(usage, factor ? atFactor(found, factor) : found);
    const fees = feesOf(call.serverTools, found);
    const notes = [found.approximate, note, fees?.note, summed(call, usage, found)].filter((text) => text !== undefined);
    const price = used(found, rates, {
      multiplier: factor && Number(factor.numerator) / Number(factor.denominator),
      feesUsd: fees && usdText(fees.picodollars),
      approximate: notes.length > 0 ? notes.join('; ') : undefined,
    });
    return unpriced ? noBill(unpriced, price) : { picodollars: picodollars + (fees?.picodollars ?? 0n), price };
  }

  /** The same object for all rows at the same rates: there may be many. */
  #used(found: FoundPrice, rates: Rates): PriceUsed {
    if (found.source === 'local' || rates !== found.rates) return used(found, rates, {});
    const known = this.#shared.get(found);
    if (known) return known;
    const price = Object.freeze(used(found, rates, {}));
    this.#shared.set(found, price);
    return price;
  }

  /** Several passes, each by its own model and in the tier of its own size; the tools are billed with the first. */
  #sum(call: Quotable, parts: readonly UsagePart[]): Bill {
    const { provider, id } = billedName(call);
    const bills = parts.map((part, index) => {
      const { model: other, usage } = part;
      const own = other === undefined || other === id || other === call.servedModel;
      const names = own ? {} : { name: undefined, servedModel: undefined, model: provider ? `${provider}/${other}` : other };
      return {
        part,
        bill: this.#price({ ...call, ...names, parts, serverTools: index === 0 ? call.serverTools : undefined }, usage),
      };
    });
    const billed = bills.map(({ part, bill }): BilledPart => ({
      ...part,
      usd: bill.picodollars === null ? null : usdText(bill.picodollars),
      price: bill.price,
    }));
    const price = bills[0]?.bill.price ?? null;
    const failed = bills.find(({ bill }) => bill.unpriced)?.bill.unpriced;
    if (failed || !price)
      return { ...noBill(failed ?? { code: 'no_price', reason: 'no part of it has a price' }, price), parts: billed };
    return { picodollars: bills.reduce((sum, { bill }) => sum + (bill.picodollars ?? 0n), 0n), price, parts: billed };
  }
}

/** What a quote depends on, apart from the usage. */
type Quotable = Priceable & BillingTerms & Pick<Billable, 'parts' | 'serverTools'>;

function noBill(unpriced: Unpriced, price: PriceUsed | null = null): Bill {
  return { picodollars: null, price, unpriced };
}

/** Nothing but tokens at listed rates: most calls. */
function isPlain({ serviceTier, speed, inferenceGeo, serverTools }: Quotable, { approximate }: FoundPrice): boolean {
  return (serviceTier ?? speed ?? inferenceGeo ?? serverTools ?? approximate) === undefined;
}

function used(
  { source, match, version }: FoundPrice,
  rates: Rates,
  { multiplier, feesUsd, approximate }: Pick<PriceUsed, 'multiplier' | 'feesUsd' | 'approximate'>,
): PriceUsed {
  return { source, match, rates, version, multiplier, feesUsd, approximate };
}

/** With tools of the provider's, one total may sum up several turns, none of which reached the tier that their sum does. */
function summed(
  { serverTools, parts }: Quotable,
  { inputTokens = 0 }: TokenUsage,
  { tiers = [] }: FoundPrice,
): string | undefined {
  const reached = tiers.some(({ aboveInputTokens }) => inputTokens > aboveInputTokens);
  return serverTools && !parts && reached ? 'its input may be the sum of several turns in a lower tier' : undefined;
}
