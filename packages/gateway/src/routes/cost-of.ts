import type { Attempt } from '@rolecall/core';

/** What all attempts cost; `null` when the price of one is not known. */
export function costOf(attempts: readonly Attempt[]): number | null {
  let sum = 0;
  for (const { outcome, costUsd } of attempts) {
    if (outcome === 'skipped') continue;
    if (costUsd === undefined || costUsd === null) return null;
    sum += costUsd;
  }
  return sum;
}
