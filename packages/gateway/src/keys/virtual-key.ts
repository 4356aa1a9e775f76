/** A key that the gateway hands out, and what it allows. The token itself is kept nowhere. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { BudgetOptions, WindowKind } from '@rolecall/cost-tracker';

export interface VirtualKey {
  /** The SHA-256 of the token, in hex: what it is known by. */
  readonly id: string;
  /** Unique. What ledgers, metrics and logs call it. */
  readonly name: string;
  /** The end of the token, for people: `sk-...3f9a`. */
  readonly hint: string;
  /** Named models, and roles as `role:writer`. Empty: all. */
  readonly models: readonly string[];
  readonly maxBudgetUsd?: number | undefined;
  readonly budgetWindow: WindowKind;
  /** What a call without any other bound (images, audio) is taken to cost. */
  readonly maxCallUsd?: number | undefined;
  readonly rpm?: number | undefined;
  readonly tpm?: number | undefined;
  /** Epoch milliseconds. */
  readonly expiresAt?: number | undefined;
  readonly isBlocked: boolean;
  readonly tags: readonly string[];
  readonly createdAt: number;
  /** It stands in the configuration, and is changed there. */
  readonly isConfigured: boolean;
}

/** 192 bits of chance: nobody guesses it, so that one pass of SHA-256 hides it well. */
export function newToken(): string {
  return `sk-${randomBytes(24).toString('base64url')}`;
}

export function idOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function hintOf(token: string): string {
  return `sk-...${token.slice(-4)}`;
}

/** In a time that says nothing of where they differ: two hashes. */
export function sameId(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The same for two texts of any length. */
export function sameText(given: string, expected: string): boolean {
  return sameId(idOf(given), idOf(expected));
}

function tagOf({ name }: Pick<VirtualKey, 'name'>): string {
  return `${tagPrefix}${name}`;
}

/** Tags that begin so are the gateway's own. */
export const tagPrefix = 'key:';

/** What the tracker holds a key's calls against. */
export function budgetOf(key: VirtualKey, unpriced: 'refuse' | 'allow'): BudgetOptions | undefined {
  if (key.maxBudgetUsd === undefined) return undefined;
  return {
    name: `key ${key.name}`,
    limitUsd: key.maxBudgetUsd,
    window: key.budgetWindow,
    scope: { tag: tagOf(key) },
    maxCostUsd: Math.min(key.maxCallUsd ?? 0.5, key.maxBudgetUsd),
    unpriced,
  };
}
