/** What runs have cost, kept by the server: an object for each tenant, told once of every finished step. */
import { addUsage, type Attempt, type Spend, type Usage } from '@rolecall/core';
import {
  handlers,
  object,
  type ObjectContext,
  type ObjectSharedContext,
  type VirtualObjectDefinition,
} from '@restatedev/restate-sdk';
import { ledgerService } from './service-name.ts';

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

/** What a tenant has spent. */
export interface LedgerTotals extends Omit<Spend, 'attempts'> {
  /** Finished steps that asked a model. */
  readonly steps: number;
  readonly attempts: number;
  /** Calls that were cut off: nobody knows whether they were billed. */
  readonly possiblyBilled: number;
}

interface Stored {
  readonly usage: Usage;
  readonly costPicodollars?: string | undefined;
  readonly unpriced: number;
  readonly steps: number;
  readonly attempts: number;
  readonly possiblyBilled: number;
}

const nothing: Stored = { usage: {}, unpriced: 0, steps: 0, attempts: 0, possiblyBilled: 0 };
const picodollarsPerUsd = 1e12;

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

const key = 'totals';

async function add(ctx: ObjectContext, entry: LedgerEntry): Promise<void> {
  const before = (await ctx.get<Stored>(key)) ?? nothing;
  const costs = [before.costPicodollars, entry.costPicodollars].filter((cost) => cost !== undefined);
  ctx.set<Stored>(key, {
    usage: addUsage(before.usage, entry.usage),
    costPicodollars: costs.length === 0 ? undefined : costs.reduce((sum, cost) => sum + BigInt(cost), 0n).toString(),
    unpriced: before.unpriced + entry.unpriced,
    steps: before.steps + 1,
    attempts: before.attempts + entry.attempts,
    possiblyBilled: before.possiblyBilled + entry.possiblyBilled,
  });
}

async function totals(ctx: ObjectSharedContext): Promise<LedgerTotals> {
  const { usage, costPicodollars, ...counts } = (await ctx.get<Stored>(key)) ?? nothing;
  return { usage, costUsd: costPicodollars === undefined ? null : Number(costPicodollars) / picodollarsPerUsd, ...counts };
}

/** The keyed object. A send is delivered once, so what it is told is counted once. */
export const ledger: VirtualObjectDefinition<string, unknown> = object({
  name: ledgerService,
  handlers: { add, totals: handlers.object.shared(totals) },
});
