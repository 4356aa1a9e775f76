import type { RateLimit } from '@rolecall/core';

/** One of the two allowances, as of the last answer that told of it. */
interface Allowance {
  readonly limit: number | undefined;
  remaining: number;
  /** How long from `at` until the allowance is whole again. */
  readonly resetMs: number;
  readonly at: number;
}

const lowShare = 0.1;

/**
 * What the provider says is left for us. Its `reset` is when the allowance is whole again, and it comes back bit by bit (OpenAI's,
 * Anthropic's and Groq's pages on rate limits): where the whole is known, we wait only for the bit we need.
 */
export class ProviderQuota {
  #requests: Allowance | undefined;
  #tokens: Allowance | undefined;
  #blockedUntil = 0;

  /** Notes what the headers of an answer said. */
  heed(rateLimit: RateLimit | undefined): void {
    if (!rateLimit) return;
    const { limitRequests, remainingRequests, resetRequestsMs, limitTokens, remainingTokens, resetTokensMs } = rateLimit;
    this.#requests = told(limitRequests, remainingRequests, resetRequestsMs) ?? this.#requests;
    this.#tokens = told(limitTokens, remainingTokens, resetTokensMs) ?? this.#tokens;
  }

  /** Asks nothing before then. A shorter wait never undoes a longer one. */
  block(retryAfterMs: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, performance.now() + retryAfterMs);
  }

  /** A call is on its way, which the headers do not know of yet. */
  spend(tokens: number): void {
    if (this.#requests) this.#requests.remaining -= 1;
    if (this.#tokens) this.#tokens.remaining -= tokens;
  }

  /** That call was not made. */
  giveBack(tokens: number): void {
    if (this.#requests) this.#requests.remaining += 1;
    if (this.#tokens) this.#tokens.remaining += tokens;
  }

  /** So few tokens are left that it matters how many a request needs. */
  get lowOnTokens(): boolean {
    if (!this.#tokens) return false;
    const { remaining, limit = 0 } = this.#tokens;
    return remaining <= limit * lowShare;
  }

  waitMs(requests: number, tokens: number): number {
    const now = performance.now();
    const forTokens = this.lowOnTokens ? waitFor(this.#tokens, Math.max(1, tokens), now) : 0;
    return Math.max(0, this.#blockedUntil - now, waitFor(this.#requests, requests, now), forTokens);
  }
}

function told(limit: number | undefined, remaining: number | undefined, resetMs: number | undefined): Allowance | undefined {
  if (remaining === undefined || resetMs === undefined) return undefined;
  return { limit, remaining, resetMs, at: performance.now() };
}

function waitFor(allowance: Allowance | undefined, need: number, now: number): number {
  if (!allowance || allowance.remaining >= need) return 0;
  const { limit, remaining, resetMs, at } = allowance;
  const part = limit !== undefined && limit > remaining ? Math.min(1, (need - remaining) / (limit - remaining)) : 1;
  return Math.max(0, at + resetMs * part - now);
}
