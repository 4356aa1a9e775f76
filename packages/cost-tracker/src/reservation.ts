/** What a call is taken to use at most, before it is made. */
import type { Budget } from './budget.ts';
import type { CallSize } from './call-size.ts';
import { formatCount } from './format.ts';
import { picodollarsFor, tokenRate } from './money.ts';
import type { FoundPrice, Rates } from './price-source.ts';
import type { Prospect } from './prospects.ts';

/** An amount to reserve, or why there is none. `remedy` says how less would do, where a call does not say how much it may write. */
export type Estimate =
  | {
      readonly amount: bigint;
      readonly remedy?: (() => string) | undefined;
      readonly refusal?: undefined;
      readonly reason?: undefined;
    }
  | { readonly amount: null; readonly refusal: 'budget_unpriced' | 'budget_unbounded'; readonly reason: string };

export function estimate(budget: Budget, { size, usualOutput, price }: Prospect): Estimate {
  const rates = budget.unit === 'usd' ? dearestRates(price) : tokens;
  if (rates === null) {
    if (budget.allowsUnpriced) return { amount: budget.maxPerCall ?? 0n };
    const reason = "its price is not known; add it to `prices` (`free` for machines of your own), or set `unpriced: 'allow'`";
    return { amount: null, refusal: 'budget_unpriced', reason };
  }
  if (rates.input === 0 && rates.output === 0) return { amount: 0n };

  const output = outputBound(budget, size, usualOutput, price);
  if (size.inputTokens !== null && output !== null) {
    return { amount: costOf(size.inputTokens, output.tokens, rates), remedy: output.remedy };
  }
  if (budget.maxPerCall !== undefined) return { amount: budget.maxPerCall };
  const most = budget.unit === 'usd' ? 'maxCostUsd' : 'maxCallTokens';
  const what =
    size.inputTokens === null
      ? 'its input has no bound (images, audio, files, what a server adds)'
      : `its output has no bound: ${setLimit(size)}`;
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

/** In the words of whoever made the request. */
function setLimit({ limitName = 'maxOutputTokens' }: CallSize): string {
  return `set \`${limitName}\` on the request`;
}

interface OutputBound {
  readonly tokens: number;
  readonly remedy?: (() => string) | undefined;
}

/** `null` if nothing bounds it. */
function outputBound(budget: Budget, size: CallSize, usual: number | undefined, price: FoundPrice | null): OutputBound | null {
  const { outputTokens: allowed, answers } = size;
  const most = allowed ?? (price?.maxOutputTokens === undefined ? undefined : price.maxOutputTokens * answers);
  if (budget.reserve === 'worst') {
    if (most === undefined) return null;
    if (allowed !== undefined) return { tokens: allowed };
    return { tokens: most, remedy: () => `its model may write ${formatCount(most)} tokens: ${setLimit(size)}` };
  }
  const expected = usual ?? budget.assumedOutputTokens * answers;
  if (most !== undefined && most <= expected) return { tokens: most };
  if (usual !== undefined) return { tokens: usual };
  const remedy = (): string =>
    `an answer of ${formatCount(expected)} tokens is assumed while few are known: ${setLimit(size)}, or \`assumedOutputTokens\` on the budget`;
  return { tokens: expected, remedy };
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
