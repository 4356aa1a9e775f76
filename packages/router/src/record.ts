import { randomUUID } from 'node:crypto';
import type { Attempt, Delta, Middleware, ModelRequest, ModelResponse } from '@rolecall/core';
import type { AttemptListener } from './attempt-listener.ts';
import { attemptsOf, failedAttempt, isRefusal, type WaitedRequest } from './attempts.ts';
import { copyOf, ModelError, RouteError } from './errors.ts';
import { overlay } from './overlay.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** One call under way. */
interface Call {
  readonly startedAt: number;
  readonly start: number;
  /** Set with the first delta that says something: from then on the answer is committed. */
  firstTokenMs?: number;
  over: boolean;
}

export interface RecordOptions {
  /** The named model. */
  readonly name: string;
  /** `provider/model`, for failures that do not say whose they are. */
  readonly id: string;
  readonly onAttempt?: AttemptListener | undefined;
}

/**
 * Measures every call to a named model and puts it on record, on the answer or on the error.
 * What the model below has on record itself (a tracker's row, a router's attempts) counts, and ours fills its gaps.
 */
export function record({ name, id, onAttempt }: RecordOptions): Middleware {
  return (next) => async (request: WaitedRequest) => {
    const { role, model, labels } = request;
    const call: Call = { startedAt: Date.now(), start: performance.now(), over: false };
    const finish = (own: Attempt, inner: readonly Attempt[] = []): readonly Attempt[] => {
      const attempts = merged(own, inner);
      if (onAttempt) for (const attempt of attempts) onAttempt(attempt, { role, model, labels });
      return attempts;
    };

    let response: ModelResponse;
    try {
      response = await next(watched(request, call));
    } catch (error) {
      const own = failedAttempt(
        error,
        measured(call, request, name, ModelError.isInstance(error) ? error.model : id),
        request.signal,
      );
      throw errorOfAttempt(error, finish(own, attemptsOf(error)), call, own.model);
    }
    const own = measured(call, request, name, response.model);
    own.usage = response.usage;
    if (response.metadata?.simulated) own.simulated = true;
    return Object.assign({}, response, { attempts: finish(own, response.attempts) }); // faster than a spread, see overlay.ts
  };
}

/** The request as the model below gets it: its deltas are noticed as they pass, and none passes once the call is over. */
function watched(request: WaitedRequest, call: Call): ModelRequest {
  const { onDelta, waitedMs } = request;
  // The wait is on record now: a router below must not count it again.
  const settled: WaitedRequest = waitedMs === undefined ? request : { ...request, waitedMs: undefined };
  if (!onDelta) return settled;
  const notice = (delta: Delta): void | Promise<void> => {
    if (call.over) return; // it would mix with the answer of whoever was asked next
    if (call.firstTokenMs === undefined && saysSomething(delta)) call.firstTokenMs = performance.now() - call.start;
    return onDelta(delta);
  };
  return Object.assign({}, settled, { onDelta: notice });
}

function saysSomething(delta: Delta): boolean {
  return delta.type === 'tool_call' ? Boolean(delta.id || delta.name || delta.arguments) : delta.text !== '';
}

/** The attempt that is over now, as if it had answered. */
function measured(call: Call, { waitedMs = 0 }: WaitedRequest, name: string, model: string): Writable<Attempt> {
  call.over = true;
  const { startedAt, start, firstTokenMs } = call;
  const durationMs = performance.now() - start;
  const attempt: Writable<Attempt> = {
    id: randomUUID(),
    name,
    model,
    startedAt,
    waitMs: waitedMs,
    durationMs,
    outcome: 'answered',
  };
  if (firstTokenMs !== undefined) attempt.firstTokenMs = firstTokenMs;
  return attempt;
}

function merged(own: Attempt, inner: readonly Attempt[]): readonly Attempt[] {
  if (inner.length === 0) return [own];
  return inner.map((attempt, index) => {
    const { name = own.name, waitMs } = attempt;
    const known = inner.length === 1 ? overlay(own, attempt) : { ...attempt };
    return Object.assign(known, { name, waitMs: index === 0 ? waitMs + own.waitMs : waitMs });
  });
}

/**
 * What this attempt throws. A `ModelError` is copied: adapters may throw one object many times (a failed load, say), and requests
 * must not write on each other's. The copy also knows what a forgetful adapter did not say, that the answer was committed.
 */
function errorOfAttempt(error: unknown, attempts: readonly Attempt[], call: Call, model: string): unknown {
  const committed = call.firstTokenMs !== undefined;
  if (ModelError.isInstance(error)) {
    return Object.assign(copyOf(error, { committed: error.committed || committed }), { attempts });
  }
  if (RouteError.isInstance(error)) {
    const { code, status, errors, role } = error;
    if (committed) return Object.assign(new ModelError(code, { model, status, committed, cause: error }), { attempts });
    return new RouteError({ errors, attempts, role, model: error.model });
  }
  if (isRefusal(error)) Reflect.set(error, 'attempts', attempts);
  return error;
}
