/** What calls have used and cost: sums in which the unknown stays unknown. */
import type { Attempt, Usage } from './model.ts';

/** What was spent on models, failed attempts included. */
export interface Spend {
  /** The sum over all attempts. What no attempt reported is absent. */
  readonly usage: Usage;
  /** The sum of the known costs, or `null` when no attempt has one. A lower bound while `unpriced` is above 0. */
  readonly costUsd: number | null;
  /** Attempts that answered, used tokens or may have been billed, and whose cost is not known. */
  readonly unpriced: number;
  /** Every call to a backend, in order. */
  readonly attempts: readonly Attempt[];
}

type TokenCounts = Required<Omit<Usage, 'source'>>;

const counts = Object.keys({
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  reasoningTokens: 0,
  audioInputTokens: 0,
  audioOutputTokens: 0,
} satisfies TokenCounts) as (keyof TokenCounts)[];

/** Adds two usages. A count that neither side has stays absent; `source` is dropped, as it belongs to one call. */
export function addUsage(left: Usage, right: Usage): Usage {
  const sum: { -readonly [Count in keyof TokenCounts]?: number } = {};
  for (const count of counts) {
    const [a, b] = [left[count], right[count]];
    if (a !== undefined || b !== undefined) sum[count] = (a ?? 0) + (b ?? 0);
  }
  return sum;
}

/** Sums what attempts used and cost. */
export function spendOf(attempts: readonly Attempt[]): Spend {
  let usage: Usage = {};
  let picodollars = 0n;
  let priced = 0;
  let unpriced = 0;

  for (const attempt of attempts) {
    usage = addUsage(usage, attempt.usage ?? {});
    if (Number.isFinite(attempt.costUsd)) {
      picodollars += toPicodollars(attempt.costUsd as number);
      priced += 1;
    } else if (mayCost(attempt)) unpriced += 1;
  }
  return { usage, costUsd: priced === 0 ? null : toUsd(picodollars), unpriced, attempts };
}

function mayCost({ outcome, usage, possiblyBilled }: Attempt): boolean {
  if (outcome === 'skipped' || outcome === 'cache_hit') return false;
  return outcome === 'answered' || usage !== undefined || possiblyBilled === true;
}

// Floating-point sums drift (0.1 + 0.2); integers do not.
const picodollarDigits = 12;

function toPicodollars(usd: number): bigint {
  return BigInt(Math.round(usd * 10 ** picodollarDigits));
}

function toUsd(picodollars: bigint): number {
  const digits = picodollars.toString().padStart(picodollarDigits + 1, '0');
  return Number(`${digits.slice(0, -picodollarDigits)}.${digits.slice(-picodollarDigits)}`);
}
