/** What things are called in Redis. One hash tag, so that a script finds them all on one node of a cluster. */
const prefix = '{rolecall}:';

export const redisNames = {
  account: (account: string): string => `${prefix}budget:${account}`,
  lease: (id: string): string => `${prefix}lease:${id}`,
  leases: `${prefix}leases`,
  settled: (id: string): string => `${prefix}settled:${id}`,
  keys: `${prefix}keys`,
  keysVersion: `${prefix}keys-version`,
  spend: `${prefix}spend`,
  minute: (what: string): string => `${prefix}minute:${what}`,
  circuits: `${prefix}circuits`,
  answer: (key: string): string => `${prefix}answer:${key}`,
} as const;
