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

/** The leaves, as a sentence names them. */
const leafNames: Readonly<Record<keyof UsageLeaves, string>> = {
  input: 'input',
  cacheRead: 'cache reads',
  cacheWrite: 'cache writes',
  cacheWrite1h: 'one-hour cache writes',
  audioInput: 'audio input',
  output: 'output',
  reasoning: 'reasoning',
  audioOutput: 'audio output',
};
const leafKeys = Object.keys(leafNames) as readonly (keyof UsageLeaves)[];

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

function add(leaves: UsageLeaves, rates: Rates, match: string): Charge {
  let picodollars = 0n;
  let small = 0; // what fits a number exactly is added there: a bigint for every leaf takes twice as long
  for (const leaf of leafKeys) {
    const tokens = leaves[leaf];
    if (tokens === 0) continue;
    const rate = rateFor(leaf, rates);
    if (rate === undefined)
      return { picodollars: null, rates, unpriced: { code: 'no_rate', reason: `${match} has no rate for ${leafNames[leaf]}` } };
    const whole = Math.round(rate * 1e6);
    const sum = small + tokens * whole;
    if (whole / 1e6 === rate && sum <= Number.MAX_SAFE_INTEGER) small = sum;
    else picodollars += picodollarsFor(tokens, tokenRate(rate));
  }
  return { picodollars: picodollars + BigInt(small), rates };
}

/** A rate that is not given is that of the kind which includes it. Audio has none: it costs many times what text does. */
function rateFor(leaf: keyof UsageLeaves, rates: Rates): number | undefined {
  switch (leaf) {
    case 'cacheRead':
    case 'cacheWrite':
      return rates[leaf] ?? rates.input;
    case 'cacheWrite1h':
      return rates.cacheWrite1h ?? rates.cacheWrite ?? rates.input;
    case 'reasoning':
      return rates.reasoning ?? rates.output;
    default:
      return rates[leaf];
  }
}

/** Free is free, however little was reported. An absent output rate is unknown, not free. */
export function isFree(rates: Rates): boolean {
  return rates.input === 0 && rates.output === 0 && Object.values(rates).every((rate) => rate === undefined || rate === 0);
}
