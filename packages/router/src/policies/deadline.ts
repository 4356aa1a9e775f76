import type { Middleware, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { errorAfter } from '../attempts.ts';
import { carry } from '../compose.ts';
import { longestTimerMs } from '../delay.ts';
import { checkOptions, countFromOne, positiveOrInfinity, refuse, type Rule } from '../options-check.ts';
import { overlay } from '../overlay.ts';
import { outOfTime, planned, type Plan, type PlannedRequest } from '../plan.ts';
import { isStream, tapped } from '../tap.ts';

export interface DeadlineOptions {
  /** Milliseconds within which a streamed answer must have begun. @default 120_000 */
  readonly streamMs?: number | undefined;
  /** Milliseconds within which a plain answer must be there. @default 600_000 */
  readonly answerMs?: number | undefined;
  /** Most calls that one request may cause, retries and fallbacks together; a chain that is longer raises it. @default 6 */
  readonly maxAttempts?: number | undefined;
}

type Limits = Readonly<Record<keyof DeadlineOptions, number>>;
const defaults: Limits = { streamMs: 120_000, answerMs: 600_000, maxAttempts: 6 };
/** What its options must be, whoever takes them. */
export const deadlineRules: Readonly<Record<keyof DeadlineOptions, Rule>> = {
  streamMs: positiveOrInfinity,
  answerMs: positiveOrInfinity,
  maxAttempts: {
    valid: 'a whole number of at least 1 (Infinity for no limit)',
    holds: (value: unknown) => value === Infinity || countFromOne.holds(value),
  },
};
/**
 * What is below ends by itself at the deadline, and knows more. This is for what does not: a store that hangs, a model of the user's. It
 * counts from when the deadline is noticed: after a busy time all timers that are due fire together, and not in the order of their times.
 */
const graceMs = 50;

/**
 * Bounds what one request may take: the time to its answer (of a stream, to its first piece) and the number of calls.
 * A request's own `deadlineMs` counts instead.
 *
 * @example
 * const model = deadline({ answerMs: 30_000 })(fallback([groq('llama-3.3-70b-versatile'), openai('gpt-4o')]));
 *
 * @throws {TypeError} when an option is not valid.
 */
export function deadline(options: DeadlineOptions = {}): Middleware {
  checkOptions('deadline', options, deadlineRules);
  const limits = overlay(defaults, options);

  return (next) => {
    const model: Model = async (request) => {
      const ms = deadlineMsOf(request, limits);
      if (typeof ms !== 'number' || Number.isNaN(ms)) refuse('request', 'deadlineMs', ms, 'a number of milliseconds');
      const plan = planOf(ms, limits.maxAttempts);
      return await (ms === Infinity ? next(planned(request, plan)) : bounded(next, request, plan));
    };
    return carry(next, model);
  };
}

/** How long this request may take: its own word, or what holds for its kind. */
export function deadlineMsOf(request: ModelRequest, options: DeadlineOptions): number {
  const { streamMs = defaults.streamMs, answerMs = defaults.answerMs } = options;
  return request.deadlineMs ?? (isStream(request) ? streamMs : answerMs);
}

function planOf(ms: number, attemptsLeft: number): Plan {
  const deadlineAt = performance.now() + ms;
  return { deadlineAt, linkDeadlineAt: deadlineAt, attemptsLeft, linksLeft: 0, asked: new Set() };
}

/** Races the answer against the deadline, which ends with the first piece of a stream. */
async function bounded(next: Model, request: PlannedRequest, plan: Plan): Promise<ModelResponse> {
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const piece = (commits: boolean): boolean => {
    if (commits && !over) {
      clearTimeout(timer);
      plan.deadlineAt = Infinity;
    }
    return !over; // after the end nothing arrives late
  };

  try {
    return await new Promise<ModelResponse>((resolve, reject) => {
      const expire = (): void => reject(errorAfter(plan.made ?? [], outOfTime(request, { possiblyBilled: true })));
      const watch = (): void => {
        const leftMs = plan.deadlineAt - performance.now();
        timer = leftMs > 0 ? setTimeout(watch, Math.min(Math.ceil(leftMs), longestTimerMs)) : setTimeout(expire, graceMs);
      };
      watch();
      next(isStream(request) ? { ...planned(request, plan), ...tapped(request, { piece }) } : planned(request, plan)).then(
        resolve,
        reject,
      );
    });
  } finally {
    over = true;
    clearTimeout(timer);
  }
}
