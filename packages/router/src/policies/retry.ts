import type { Middleware, Model, ModelResponse } from '@rolecall/core';
import { carry } from '../compose.ts';
import { longestTimerMs } from '../delay.ts';
import { ModelError, openCodes, type OpenCode, remedies, type Remedies } from '../errors.ts';
import { atLeastZero, checkOptions, countFromZero, objectAt, type Rule } from '../options-check.ts';
import { overlay } from '../overlay.ts';
import type { PlannedRequest } from '../plan.ts';
import { type Pool, Repetition, type RetryPolicy } from './repetition.ts';
import { RetryBudget, type RetryBudgetOptions } from './retry-budget.ts';
import { within } from './within.ts';

export interface RetryOptions {
  /** Further calls after the first. @default 2 */
  readonly retries?: number | undefined;
  /** The same for single codes, whatever the table of remedies says of them. @default {} */
  readonly perCode?: { readonly [Code in OpenCode]?: number | undefined } | undefined;
  /** The wait before the first retry is random, between 0 and this; the bound doubles with each retry. @default 250 */
  readonly baseDelayMs?: number | undefined;
  /** The same after `rate_limited` and `overloaded`. @default 1_000 */
  readonly throttledBaseDelayMs?: number | undefined;
  /** Longest back-off. A provider that asks for a longer wait is not asked again. @default 8_000 */
  readonly maxDelayMs?: number | undefined;
  /** How much retries may add to the traffic, or `false` for any amount. @default {} */
  readonly budget?: RetryBudgetOptions | false | undefined;
}

/** What a router knows, and a retry alone does not. */
export interface RetryContext {
  /** What each code asks for. @default the table `remedies` */
  readonly remedies?: Remedies | undefined;
  /** The budget of the whole router. @default one of its own */
  readonly budget?: RetryBudget | undefined;
  /** A deployment's own number of retries. @default none has one */
  readonly retriesOf?: ((deployment: string) => number | undefined) | undefined;
}

const defaults = { retries: 2, baseDelayMs: 250, throttledBaseDelayMs: 1_000, maxDelayMs: 8_000 };

/**
 * Repeats a call that failed for a passing reason: at once if another deployment can take it, or else after a random wait (full
 * jitter), never sooner than the provider asks.
 *
 * @example
 * const model = retry({ retries: 3 })(openai('gpt-4o'));
 *
 * @throws {TypeError} when an option is not valid.
 */
export function retry(options: RetryOptions = {}, context: RetryContext = {}): Middleware {
  const policy = readPolicy(options, context);
  const never = policy.limits.retries === 0 && Object.keys(policy.perCode).length === 0 && !policy.retriesOf;

  return (next) => {
    if (never) return next;
    const model: Model = async (request: PlannedRequest) => {
      policy.budget?.count();
      let response: ModelResponse;
      try {
        response = await next(request);
      } catch (error) {
        if (!ModelError.isInstance(error) || isOver(error, request) || isForNext(error, next, request)) throw error;
        // p-retry takes over only now: its bookkeeping costs more than all the rest of a call that succeeds.
        return await new Repetition(next, request, policy).after(error);
      }
      policy.budget?.reward(response.attempts?.at(-1)?.deployment ?? response.model);
      return response;
    };
    return carry(next, model);
  };
}

/** Its caller has gone, or its time is up. p-retry would say the same, once it is loaded: that takes time which there is none of. */
function isOver({ code }: ModelError, { plan, signal }: PlannedRequest): boolean {
  if (code === 'aborted' || code === 'deadline_exceeded' || signal?.aborted) return true;
  return plan !== undefined && performance.now() >= plan.linkDeadlineAt;
}

/** Nobody here may be asked now, and the next link may: there is nothing to repeat. */
function isForNext({ unasked }: ModelError, next: Pool, request: PlannedRequest): boolean {
  return unasked && (request.plan?.linksLeft ?? 0) > 0 && !next.hasPeer?.(request);
}

const anything: Rule = { valid: 'anything', holds: () => true };

function readPolicy(options: RetryOptions, context: RetryContext): RetryPolicy {
  checkOptions('retry', options, {
    retries: countFromZero,
    baseDelayMs: atLeastZero,
    throttledBaseDelayMs: atLeastZero,
    maxDelayMs: atLeastZero,
    perCode: anything,
    budget: anything,
  });
  const { perCode = {}, budget = {}, ...numbers } = options;
  checkOptions(
    'retry.perCode',
    objectAt('retry', 'perCode', perCode),
    Object.fromEntries(openCodes.map((code) => [code, countFromZero])),
  );
  let loaded: Awaited<ReturnType<RetryPolicy['pRetry']>>;
  return {
    limits: overlay(defaults, numbers),
    perCode: { ...perCode },
    remedies: context.remedies ?? remedies,
    budget: budget === false ? undefined : (context.budget ?? new RetryBudget(budget)),
    retriesOf: context.retriesOf,
    // Most processes never need it. It is kept: where modules are loaded through hooks, each import takes a turn of another thread.
    pRetry: async (waitMs) => (loaded ??= (await within(Math.min(waitMs, longestTimerMs), import('p-retry')))?.default),
  };
}
