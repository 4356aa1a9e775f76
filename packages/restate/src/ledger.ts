/** What runs have cost, kept by the server: an object for each part of a tenant's ledger, told once of every finished step. */
import {
  handlers,
  object,
  type ObjectContext,
  type ObjectSharedContext,
  type VirtualObjectDefinition,
} from '@restatedev/restate-sdk';
import { noSpend, sumOf, type LedgerEntry, type LedgerPart } from './ledger-entry.ts';
import { ledgerService } from './service-name.ts';

const stateKey = 'totals';

async function add(ctx: ObjectContext, entries: readonly LedgerEntry[]): Promise<void> {
  ctx.set<LedgerPart>(stateKey, sumOf([await totals(ctx), ...entries.map((entry) => ({ ...entry, steps: 1 }))]));
}

async function totals(ctx: ObjectContext | ObjectSharedContext): Promise<LedgerPart> {
  return (await ctx.get<LedgerPart>(stateKey)) ?? noSpend;
}

/** A message is delivered once, so what it is told is counted once. */
export const ledger: VirtualObjectDefinition<string, unknown> = object({
  name: ledgerService,
  handlers: { add, totals: handlers.object.shared(totals) },
});
