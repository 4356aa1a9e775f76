import { picodollarsFor, tokenRate } from './money.ts';
import type { FoundPrice, Rates } from './price-source.ts';
import type { TokenUsage } from './usage.ts';

/** Why a call has no price. */
export interface Unpriced {
  readonly code: 'no_price' | 'no_rate' | 'usage_not_reported' | 'possibly_billed' | 'bad_usage' | 'price_source_failed';
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

  let picodollars = 0n;
  for (const [name, tokens, rate] of parts(usage, rates)) {
    if (tokens === 0) continue;
    if (rate === undefined)
      return { picodollars: null, rates, unpriced: { code: 'no_rate', reason: `${price.match} has no rate for ${name}` } };
    picodollars += picodollarsFor(tokens, tokenRate(rate));
  }
  return { picodollars, rates };
}

type Part = readonly [name: string, tokens: number, rate: number | undefined];

/** Disjoint, so that no token is paid for twice. Audio that was also cached counts as cached. */
function parts(usage: TokenUsage, rates: Rates): readonly Part[] {
  const {
    inputTokens = 0,
    outputTokens = 0,
    cacheReadTokens = 0,
    cacheWriteTokens = 0,
    cacheWrite1hTokens = 0,
    reasoningTokens = 0,
  } = usage;
  const freshInput = inputTokens - cacheReadTokens - cacheWriteTokens;
  const audioInput = Math.min(usage.audioInputTokens ?? 0, freshInput);
  const spokenOutput = outputTokens - reasoningTokens;
  const audioOutput = Math.min(usage.audioOutputTokens ?? 0, spokenOutput);
  const cacheWrite = rates.cacheWrite ?? rates.input;
  return [
    ['input', freshInput - audioInput, rates.input],
    ['cache reads', cacheReadTokens, rates.cacheRead ?? rates.input],
    ['cache writes', cacheWriteTokens - cacheWrite1hTokens, cacheWrite],
    ['one-hour cache writes', cacheWrite1hTokens, rates.cacheWrite1h ?? cacheWrite],
    ['audio input', audioInput, rates.audioInput],
    ['output', spokenOutput - audioOutput, rates.output],
    ['reasoning', reasoningTokens, rates.reasoning ?? rates.output],
    ['audio output', audioOutput, rates.audioOutput],
  ];
}

/** Free is free, however little was reported. An absent output rate is unknown, not free. */
function isFree(rates: Rates): boolean {
  return rates.input === 0 && rates.output === 0 && Object.values(rates).every((rate) => rate === undefined || rate === 0);
}
