/** What runs have cost, kept by the server: an object for each tenant, told once of every finished step. */
import { addUsage, type Usage } from '@rolecall/core';
import {
  handlers,
  object,
  type ObjectContext,
  type ObjectSharedContext,
  type VirtualObjectDefinition,
} from '@restatedev/restate-sdk';
import { picodollarsPerUsd, type LedgerEntry, type LedgerTotals } from './ledger-entry.ts';
import { ledgerService } from './service-name.ts';

interface Stored {
  readonly usage: Usage;
  readonly costPicodollars?: string | undefined;
  readonly unpriced: number;
  readonly steps: number;
  readonly attempts: number;
  readonly possiblyBilled: number;
}

const nothing: Stored = { usage: {}, unpriced: 0, steps: 0, attempts: 0, possiblyBilled: 0 };

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
