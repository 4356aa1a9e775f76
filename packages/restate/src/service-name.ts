/** What a crew is called at the server. */
import { createHash } from 'node:crypto';

export const servicePrefix = 'rolecall.';
export const ledgerService = 'rolecall-ledger';

/** Services are named with letters, digits, `.`, `_` and `-`: a crew named otherwise gets a hash, so that no two are one. */
export function serviceNameOf(crew: string): string {
  const plain = crew.replaceAll(/[^\w.-]+/g, '_');
  if (plain === crew) return servicePrefix + crew;
  return `${servicePrefix}${plain}-${createHash('sha256').update(crew).digest('hex').slice(0, 8)}`;
}

/** Messages to one object are taken one after the other: a tenant's ledger has parts, so that a thousand runs do not queue up at it. */
const ledgerParts = 16;

/** The part that a run is on. */
export function ledgerKeyOf(tenant: string, runId: string): string {
  return ledgerKey(tenant, (createHash('sha256').update(runId).digest()[0] as number) % ledgerParts);
}

export function ledgerKeysOf(tenant: string): readonly string[] {
  return Array.from({ length: ledgerParts }, (_, part) => ledgerKey(tenant, part));
}

function ledgerKey(tenant: string, part: number): string {
  return `${part}/${tenant}`;
}
