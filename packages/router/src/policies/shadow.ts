import type { Middleware, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { guarded } from '../attempt-listener.ts';
import { carry } from '../compose.ts';
import { longestTimerMs } from '../delay.ts';
import { ModelError } from '../errors.ts';
import { atLeastZero, checkOptions, countFromOne, refuse, share } from '../options-check.ts';
import { overlay } from '../overlay.ts';
import type { PlannedRequest } from '../plan.ts';
import { shadowTag } from './own-tags.ts';

/** How a copy fared, beside the answer that the caller got. */
export interface ShadowResult {
  /** What was asked. */
  readonly request: ModelRequest;
  /** What the caller got; absent when that failed. */
  readonly answer?: ModelResponse | undefined;
  /** What the copy got, with its attempts; absent when it failed. */
  readonly response?: ModelResponse | undefined;
  /** What the copy failed with, with its attempts. */
  readonly error?: unknown;
  /** How long the copy took. */
  readonly durationMs: number;
}

export interface ShadowOptions {
  /** Who gets the copies. */
  readonly model: Model;
  /** Share of the requests that are copied, from 0 to 1. @default 1 */
  readonly share?: number | undefined;
  /** Copies under way at the same time; while there are so many, requests are not copied. @default 4 */
  readonly maxConcurrent?: number | undefined;
  /** Longest that a copy may take. @default 600_000 */
  readonly timeoutMs?: number | undefined;
  /** Is told of every copy when both are over. If it throws, the process is warned, once. @default none */
  readonly onResult?: ((result: ShadowResult) => void | Promise<void>) | undefined;
}

type Limits = Readonly<Record<'share' | 'maxConcurrent' | 'timeoutMs', number>>;
const defaults: Limits = { share: 1, maxConcurrent: 4, timeoutMs: 600_000 };

/**
 * Sends a copy of each request to another model as well. The answer neither waits for the copy nor fails with it, and an abort
 * of the request does not end it. The copy's labels have the tag `shadow`: its cost is in the ledger, not in the answer's attempts.
 *
 * @example
 * const model = shadow({ model: openai('gpt-5-mini'), onResult: ({ response }) => console.log(response?.text) })(openai('gpt-4o'));
 *
 * @throws {TypeError} when an option is not valid.
 */
export function shadow(options: ShadowOptions): Middleware {
  const { share: part, maxConcurrent, timeoutMs, copyTo, onResult } = checked(options);
  const tell = onResult && guarded(onResult, 'onResult');
  let underWay = 0;

  const send = async (request: ModelRequest): Promise<Pick<ShadowResult, 'response' | 'error'>> => {
    underWay += 1;
    const controller = new AbortController();
    const { signal } = controller;
    const tooLate = new ModelError('attempt_timeout', {
      model: copyTo.id ?? 'model',
      reason: `no answer within ${timeoutMs} ms`,
    });
    const timer = setTimeout(() => controller.abort(tooLate), Math.min(timeoutMs, longestTimerMs)).unref();
    const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(tooLate), { once: true }));
    try {
      return { response: await Promise.race([copyTo({ ...copyOf(request), signal }), aborted]) };
    } catch (error) {
      return { error };
    } finally {
      clearTimeout(timer);
      underWay -= 1;
    }
  };
  const compare = async (request: ModelRequest, answered: Promise<ModelResponse>): Promise<void> => {
    const start = performance.now();
    const result = await send(request);
    const durationMs = performance.now() - start;
    const answer = await answered.catch(() => undefined);
    tell?.({ request, answer, ...result, durationMs });
  };

  return (next) =>
    carry(next, async (request) => {
      if (request.wire || underWay >= maxConcurrent || Math.random() >= part) return await next(request);
      const answered = next(request);
      void compare(request, answered);
      return await answered;
    });
}

/** The same question, streamed if the other is, with nothing of the caller's that a copy could touch or spend. */
function copyOf(request: PlannedRequest): ModelRequest {
  const { signal: _, plan: __, waitedMs: ___, onDelta, labels, ...asked } = request;
  const tagged = { ...labels, tags: [...(labels?.tags ?? []), shadowTag] };
  return onDelta ? { ...asked, labels: tagged, onDelta: () => undefined } : { ...asked, labels: tagged };
}

function checked(options: ShadowOptions): Limits & { copyTo: Model; onResult: ShadowOptions['onResult'] } {
  const aFunction = { valid: 'a function', holds: (value: unknown) => typeof value === 'function' };
  const rules = { share, maxConcurrent: countFromOne, timeoutMs: atLeastZero, model: aFunction, onResult: aFunction };
  checkOptions('shadow', options, rules);
  const { model, onResult, ...limits } = options;
  if (model === undefined) refuse('shadow', 'model', model, 'a model');
  return { ...overlay<Limits>(defaults, limits), copyTo: model, onResult };
}
