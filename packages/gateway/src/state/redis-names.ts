/** What things are called in Redis. One hash tag, so that a script finds them all on one node of a cluster. */
interface RedisNames {
  account(account: string): string;
  lease(id: string): string;
  readonly leases: string;
  settled(id: string): string;
  readonly keys: string;
  readonly keysVersion: string;
  /** Picodollars that each key has spent. */
  readonly spend: string;
  minute(what: string): string;
  readonly circuits: string;
  answer(key: string): string;
  /** The mark of a call that is at a backend. */
  call(id: string): string;
}

const prefix = '{rolecall}:';

export const redisNames: RedisNames = {
  account: (account) => `${prefix}budget:${account}`,
  lease: (id) => `${prefix}lease:${id}`,
  leases: `${prefix}leases`,
  settled: (id) => `${prefix}settled:${id}`,
  keys: `${prefix}keys`,
  keysVersion: `${prefix}keys-version`,
  spend: `${prefix}spend`,
  minute: (what) => `${prefix}minute:${what}`,
  circuits: `${prefix}circuits`,
  answer: (key) => `${prefix}answer:${key}`,
  call: (id) => `${prefix}call:${id}`,
};
