import type { ModelError } from '../errors.ts';

export interface BackOffLimits {
  readonly baseDelayMs: number;
  readonly throttledBaseDelayMs: number;
  readonly maxDelayMs: number;
}

/**
 * How long to wait after this error. Full jitter spreads clients that failed together:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backOffMs(error: ModelError, retriesMade: number, limits: BackOffLimits): number {
  const { retryAfterMs = 0 } = error;
  if (retryAfterMs > 0) return retryAfterMs + Math.random() * limits.baseDelayMs; // never sooner than asked, nor all at once
  const base = isThrottled(error) ? limits.throttledBaseDelayMs : limits.baseDelayMs;
  return Math.random() * Math.min(limits.maxDelayMs, base * 2 ** retriesMade);
}

/** The backend has too much to do: it is given more time. */
export function isThrottled({ code }: ModelError): boolean {
  return code === 'rate_limited' || code === 'overloaded';
}
