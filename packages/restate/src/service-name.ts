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
