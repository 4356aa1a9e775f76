import type { Attempt, Middleware, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import pRetry from 'p-retry';
import { answerAfter, attemptsOf, errorAfter, type WaitedRequest } from '../attempts.ts';
import { delay } from '../delay.ts';
import { abortError, ModelError } from '../errors.ts';
import { hint } from '../names.ts';

export interface RetryOptions {
  /** Further calls after the first. @default 2 */
  readonly retries?: number | undefined;
  /** The wait before the first retry is random, between 0 and this; the bound doubles with each retry. @default 250 */
  readonly baseDelayMs?: number | undefined;
  /** The same after `rate_limited` and `overloaded`. @default 1_000 */
  readonly throttledBaseDelayMs?: number | undefined;
  /** Longest back-off. A provider that asks for a longer wait is not asked again. @default 8_000 */
  readonly maxDelayMs?: number | undefined;
}

const defaults = { retries: 2, baseDelayMs: 250, throttledBaseDelayMs: 1_000, maxDelayMs: 8_000 };
type Limits = Readonly<typeof defaults>;

/**
 * Repeats a call that failed for a passing reason, after a random wait (full jitter) and never sooner than the provider asks.
 *
 * @example
 * const model = retry({ retries: 3 })(openai('gpt-4o'));
 *
 * @throws {TypeError} when an option is not valid.
 */
export function retry(options: RetryOptions = {}): Middleware {
  const limits = checked(options);

  return (next) => {
    if (limits.retries === 0) return next;
    const model: Model = async (request) => {
      try {
        return await next(request);
      } catch (error) {
        // p-retry takes over only now: its bookkeeping costs more than all the rest of a call that succeeds.
        if (isWorthRepeating(error, limits)) return await repeat(next, request, error, limits);
        throw error;
      }
    };
    return Object.assign(model, { id: next.id, check: next.check });
  };
}

async function repeat(next: Model, request: ModelRequest, first: ModelError, limits: Limits): Promise<ModelResponse> {
  const { signal } = request;
  const earlier: Attempt[] = [];
  let last: unknown = first;
  let waitedMs = 0;

  const call = async (number: number): Promise<ModelResponse> => {
    try {
      if (number === 1) throw first; // it has been made already
      const again: WaitedRequest = { ...request, waitedMs };
      return answerAfter(earlier, await next(again));
    } catch (error) {
      last = error;
      throw error;
    }
  };
  const backOff = async (retriesMade: number, retriesLeft: number): Promise<void> => {
    if (retriesLeft === 0 || !isWorthRepeating(last, limits)) return;
    earlier.push(...attemptsOf(last));
    const { model } = last;
    const start = performance.now();
    await delay(backOffMs(last, retriesMade, limits), signal);
    waitedMs = performance.now() - start;
    if (signal?.aborted) throw (last = abortError(signal, model));
  };

  try {
    return await pRetry(call, {
      retries: limits.retries,
      minTimeout: 0, // all waiting is ours: p-retry's jitter is not full, and it knows no Retry-After
      onFailedAttempt: ({ retriesConsumed, retriesLeft }) => backOff(retriesConsumed, retriesLeft),
      shouldRetry: () => isWorthRepeating(last, limits),
    });
  } catch {
    throw errorAfter(earlier, last); // itself, also where p-retry puts a TypeError in the place of a thrown string
  }
}

/** A wait longer than we accept is not worth it: the next model in the chain is quicker. */
function isWorthRepeating(error: unknown, { maxDelayMs }: Limits): error is ModelError {
  return ModelError.isInstance(error) && error.retryable && (error.retryAfterMs ?? 0) <= maxDelayMs;
}

/**
 * How long to wait after this error. Full jitter spreads clients that failed together:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backOffMs({ code, retryAfterMs = 0 }: ModelError, retriesMade: number, limits: Limits): number {
  if (retryAfterMs > 0) return retryAfterMs + Math.random() * limits.baseDelayMs; // never sooner than asked, nor all at once
  const throttled = code === 'rate_limited' || code === 'overloaded';
  const base = throttled ? limits.throttledBaseDelayMs : limits.baseDelayMs;
  return Math.random() * Math.min(limits.maxDelayMs, base * 2 ** retriesMade);
}

function checked(options: RetryOptions): Limits {
  const limits = { ...defaults };
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new TypeError(
        `retry has no option "${name}"; it has: ${Object.keys(defaults).join(', ')}.${hint(name, Object.keys(defaults))}`,
      );
    }
    if (value === undefined) continue;
    const valid = name === 'retries' ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (!valid || value < 0) {
      throw new TypeError(
        `retry: ${name} is ${String(value)}; it must be a ${name === 'retries' ? 'whole' : 'finite'} number of at least 0.`,
      );
    }
    limits[name as keyof RetryOptions] = value as number;
  }
  return limits;
}
