/** What a call is taken to use at most, before it is made. */
import type { Budget } from './budget.ts';
import type { CallSize } from './call-size.ts';
import { picodollarsFor, tokenRate } from './money.ts';
import type { FoundPrice, Rates } from './price-source.ts';
import type { Prospect } from './prospects.ts';

/** An amount to reserve, or why there is none. */
export type Estimate =
  | { readonly amount: bigint; readonly refusal?: undefined; readonly reason?: undefined }
  | { readonly amount: null; readonly refusal: 'budget_unpriced' | 'budget_unbounded'; readonly reason: string };

/** Reserved for the output of a model that is not known, as long as there are no answers to learn from. */
const assumedOutputTokens = 4_096;

export function estimate(budget: Budget, { size, usualOutput, price }: Prospect): Estimate {
  const rates = budget.unit === 'usd' ? dearestRates(price) : tokens;
  if (rates === null) {
    if (budget.allowsUnpriced) return { amount: budget.maxPerCall ?? 0n };
    const reason = "its price is not known; add it to `prices` (`free` for machines of your own), or set `unpriced: 'allow'`";
    return { amount: null, refusal: 'budget_unpriced', reason };
  }
  if (rates.input === 0 && rates.output === 0) return { amount: 0n };

  const output = outputBound(budget, size, usualOutput, price);
  if (size.inputTokens !== null && output !== null) return { amount: costOf(size.inputTokens, output, rates) };
  if (budget.maxPerCall !== undefined) return { amount: budget.maxPerCall };
  const most = budget.unit === 'usd' ? 'maxCostUsd' : 'maxCallTokens';
  const what =
    size.inputTokens === null
      ? 'its input has no bound (images, audio, files, what a server adds)'
      : 'its output has no bound: set `maxOutputTokens` on it';
  return {
    amount: null,
    refusal: 'budget_unbounded',
    reason: `${what}; \`${most}\` on the budget says what one such call uses at most`,
  };
}

/** A token counts as itself. */
const tokens = { input: 1, output: 1 } as const;

function costOf(input: number, output: number, rates: { readonly input: number; readonly output: number }): bigint {
  if (rates === tokens) return BigInt(input + output);
  return atMost(input, rates.input) + atMost(output, rates.output);
}

/** A bill rounds each of its parts, up to four of input or output, where the rate is below a picodollar. */
function atMost(count: number, usdPerMillion: number): bigint {
  const rate = tokenRate(usdPerMillion);
  return picodollarsFor(count, rate) + (rate.denominator === 1n ? 0n : 4n);
}

/** `null` if nothing bounds it. */
function outputBound(budget: Budget, size: CallSize, usual: number | undefined, price: FoundPrice | null): number | null {
  const largest = price?.maxOutputTokens === undefined ? undefined : price.maxOutputTokens * size.answers;
  const worst = size.outputTokens ?? largest;
  if (budget.reserve === 'worst') return worst ?? null;
  return Math.min(worst ?? Infinity, usual ?? worst ?? assumedOutputTokens * size.answers);
}

/** Of every tier, since nobody knows which one the call will reach; `null` where there is no price for all that text can become. */
function dearestRates(price: FoundPrice | null): { readonly input: number; readonly output: number } | null {
  if (price === null) return null;
  const all = [price.rates, ...(price.tiers ?? []).map((tier) => tier.rates)];
  if (all.some(({ output }) => output === undefined)) return null;
  return {
    input: dearest(all, ['input', 'cacheRead', 'cacheWrite', 'cacheWrite1h']),
    output: dearest(all, ['output', 'reasoning']),
  };
}

function dearest(all: readonly Rates[], kinds: readonly (keyof Rates)[]): number {
  return Math.max(...all.flatMap((rates) => kinds.map((kind) => rates[kind] ?? 0)));
}
