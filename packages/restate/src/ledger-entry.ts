/** What the ledger is told of a step, and what it says of a tenant. No type of the engine's is in here: users see it. */
import { addUsage, type Attempt, type Spend, type Usage } from '@rolecall/core';

/** The attempts of one step. */
export interface LedgerEntry {
  readonly runId: string;
  readonly step: string;
  readonly usage: Usage;
  /** A decimal number, exact: 1e-12 USD. Absent when no attempt has a known cost. */
  readonly costPicodollars?: string | undefined;
  readonly unpriced: number;
  readonly attempts: number;
  readonly possiblyBilled: number;
}

/** What a part of a tenant's ledger holds. */
export interface LedgerPart extends Omit<LedgerEntry, 'runId' | 'step'> {
  readonly steps: number;
}

/** What a tenant has spent. */
export interface LedgerTotals extends Omit<Spend, 'attempts'> {
  /** Finished steps that asked a model. */
  readonly steps: number;
  readonly attempts: number;
  /** Calls that were cut off: nobody knows whether they were billed. */
  readonly possiblyBilled: number;
}

const picodollarsPerUsd = 1e12;

export const noSpend: LedgerPart = { usage: {}, unpriced: 0, steps: 0, attempts: 0, possiblyBilled: 0 };

/** The attempts in what a step gave, if it asked a model. */
export function attemptsIn(value: unknown): readonly Attempt[] {
  const attempts = (value as { attempts?: unknown } | null | undefined)?.attempts;
  return Array.isArray(attempts) ? (attempts as Attempt[]) : [];
}

export function entryOf(runId: string, step: string, attempts: readonly Attempt[]): LedgerEntry {
  let usage: Usage = {};
  let cost: bigint | undefined;
  let unpriced = 0;
  for (const { usage: used, costUsd, outcome, possiblyBilled } of attempts) {
    usage = addUsage(usage, used ?? {});
    if (typeof costUsd === 'number') cost = (cost ?? 0n) + BigInt(Math.round(costUsd * picodollarsPerUsd));
    else if (outcome === 'answered' || used !== undefined || possiblyBilled === true) unpriced += 1;
  }
  const possiblyBilled = attempts.filter((attempt) => attempt.possiblyBilled === true).length;
  return { runId, step, usage, costPicodollars: cost?.toString(), unpriced, attempts: attempts.length, possiblyBilled };
}

export function sumOf(parts: readonly LedgerPart[]): LedgerPart {
  return parts.reduce((before, part) => {
    const costs = [before.costPicodollars, part.costPicodollars].filter((cost) => cost !== undefined);
    return {
      usage: addUsage(before.usage, part.usage),
      costPicodollars: costs.length === 0 ? undefined : costs.reduce((total, cost) => total + BigInt(cost), 0n).toString(),
      unpriced: before.unpriced + part.unpriced,
      steps: before.steps + part.steps,
      attempts: before.attempts + part.attempts,
      possiblyBilled: before.possiblyBilled + part.possiblyBilled,
    };
  }, noSpend);
}

export function totalsOf(parts: readonly LedgerPart[]): LedgerTotals {
  const { usage, costPicodollars, ...counts } = sumOf(parts);
  return { usage, costUsd: costPicodollars === undefined ? null : Number(costPicodollars) / picodollarsPerUsd, ...counts };
}
