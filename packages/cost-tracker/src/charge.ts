import { picodollarsFor, tokenRate } from './money.ts';
import type { FoundPrice, Rates } from './price-source.ts';
import { leavesOf, type TokenUsage, type UsageLeaves } from './usage.ts';

/** Why a call has no price. */
export interface Unpriced {
  readonly code:
    | 'no_price'
    | 'no_rate'
    | 'unknown_terms'
    | 'usage_not_reported'
    | 'possibly_billed'
    | 'bad_usage'
    | 'price_source_failed';
  /** The same in words. */
  readonly reason: string;
}

export type Charge =
  | { readonly picodollars: bigint; readonly rates: Rates; readonly unpriced?: undefined }
  | { readonly picodollars: null; readonly rates: Rates; readonly unpriced: Unpriced };

/**
 * What that usage costs at that price: the one place where tokens become money.
 * The bill is a sum over disjoint parts, each exact, or rounded once where its rate is below a picodollar.
 */
export function charge(usage: TokenUsage, price: FoundPrice): Charge {
  const { inputTokens, outputTokens } = usage;
  const rates = price.tiers?.findLast((tier) => (inputTokens ?? 0) > tier.aboveInputTokens)?.rates ?? price.rates;
  if (isFree(rates)) return { picodollars: 0n, rates };

  const missing =
    inputTokens === undefined && rates.input > 0
      ? 'input'
      : outputTokens === undefined && (rates.output ?? 0) > 0
        ? 'output'
        : undefined;
  if (missing)
    return {
      picodollars: null,
      rates,
      unpriced: { code: 'usage_not_reported', reason: `its ${missing} tokens were not reported` },
    };
  return add(leavesOf(usage), rates, price.match);
}

/** A rate that is not given is that of the kind which includes it. Audio has none: it costs many times what text does. */
function add(leaves: UsageLeaves, rates: Rates, match: string): Charge {
  const { input, output, cacheWrite = input } = rates;
  const sum = new Sum();
  const unknown =
    sum.lacksRateFor('input', leaves.input, input) ??
    sum.lacksRateFor('cache reads', leaves.cacheRead, rates.cacheRead ?? input) ??
    sum.lacksRateFor('cache writes', leaves.cacheWrite, cacheWrite) ??
    sum.lacksRateFor('one-hour cache writes', leaves.cacheWrite1h, rates.cacheWrite1h ?? cacheWrite) ??
    sum.lacksRateFor('audio input', leaves.audioInput, rates.audioInput) ??
    sum.lacksRateFor('output', leaves.output, output) ??
    sum.lacksRateFor('reasoning', leaves.reasoning, rates.reasoning ?? output) ??
    sum.lacksRateFor('audio output', leaves.audioOutput, rates.audioOutput);
  if (unknown === undefined) return { picodollars: sum.picodollars, rates };
  return { picodollars: null, rates, unpriced: { code: 'no_rate', reason: `${match} has no rate for ${unknown}` } };
}

/** Adds up leaves. What fits a number exactly is added there: a bigint for every leaf takes twice as long. */
class Sum {
  #small = 0;
  #large = 0n;

  /** Adds what so many tokens cost; returns the name of what they are if there is no rate for them. */
  lacksRateFor(name: string, tokens: number, rate: number | undefined): string | undefined {
    if (tokens === 0) return undefined;
    if (rate === undefined) return name;
    const whole = Math.round(rate * 1e6);
    const sum = this.#small + tokens * whole;
    if (whole / 1e6 === rate && sum <= Number.MAX_SAFE_INTEGER) this.#small = sum;
    else this.#large += picodollarsFor(tokens, tokenRate(rate));
    return undefined;
  }

  get picodollars(): bigint {
    return this.#large + BigInt(this.#small);
  }
}

/** Free is free, however little was reported. An absent output rate is unknown, not free. */
export function isFree(rates: Rates): boolean {
  return rates.input === 0 && rates.output === 0 && Object.values(rates).every((rate) => rate === undefined || rate === 0);
}
