import type { Attempt, Middleware, Model, ModelResponse } from '@rolecall/core';
import type { AttemptListener } from './attempt-listener.ts';
import { newAttemptId } from './attempt-ids.ts';
import { attemptsOf, failedAttempt, isRefusal } from './attempts.ts';
import { carry } from './compose.ts';
import { copyOf, ModelError, type ModelErrorCode, RouteError } from './errors.ts';
import { overlay } from './overlay.ts';
import type { PlannedRequest } from './plan.ts';
import { isStream, tapped } from './tap.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** One call under way. */
interface Call {
  readonly startedAt: number;
  readonly start: number;
  /** Set with the first piece that says something: from then on the answer is committed. */
  firstTokenMs?: number;
  over: boolean;
}

export interface RecordOptions {
  /** The named model. */
  readonly name: string;
  /** `provider/model`, for failures that do not say whose they are. */
  readonly id: string;
  /** Which of the backends behind the named model this is. */
  readonly deployment?: string | undefined;
  readonly onAttempt?: AttemptListener | undefined;
}

/**
 * Measures every call to a deployment and puts it on record, on the answer or on the error.
 * What the model below has on record itself (a tracker's row, a router's attempts) counts, and ours fills its gaps.
 */
export function record(options: RecordOptions): Middleware {
  const { onAttempt, deployment } = options;
  return (next) => {
    const model: Model = async (request: PlannedRequest) => {
      const { role, model: named, labels, plan } = request;
      const call: Call = { startedAt: Date.now(), start: performance.now(), over: false };
      const finish = (own: Attempt, inner: readonly Attempt[] = []): readonly Attempt[] => {
        const attempts = merged(own, inner);
        if (plan) plan.made = plan.made ? [...plan.made, ...attempts] : attempts;
        if (onAttempt) for (const attempt of attempts) onAttempt(attempt, { role, model: named, labels });
        return attempts;
      };

      let response: ModelResponse;
      try {
        response = await next(watched(request, call));
      } catch (error) {
        const inner = attemptsOf(error);
        const isOfModel = ModelError.isInstance(error) && error !== request.signal?.reason; // what it was ended with knows it by another name
        const asked = isOfModel ? error.model : options.id;
        const own = failedAttempt(error, measured(call, request, options, asked, inner), request.signal);
        if (deployment !== undefined && ModelError.isInstance(error) && timeouts.has(error.code)) plan?.asked.add(deployment);
        throw errorOfAttempt(error, finish(own, inner), call, own.model);
      }
      const own = measured(call, request, options, response.model, response.attempts);
      own.usage = response.usage;
      if (response.metadata?.simulated) own.simulated = true;
      return Object.assign({}, response, { attempts: finish(own, response.attempts) }); // faster than a spread, see overlay.ts
    };
    return carry(next, model);
  };
}

const timeouts: ReadonlySet<ModelErrorCode> = new Set(['first_token_timeout', 'idle_timeout', 'attempt_timeout']);

/** The request as the model below gets it: its pieces are noticed as they pass, and none passes once the call is over. */
function watched(request: PlannedRequest, call: Call): PlannedRequest {
  // The wait is on record now: a router below must not count it again.
  const settled = request.waitedMs === undefined ? request : { ...request, waitedMs: undefined };
  if (!isStream(request)) return settled;
  const piece = (commits: boolean): boolean => {
    if (call.over) return false; // it would mix with the answer of whoever was asked next
    if (commits) call.firstTokenMs ??= performance.now() - call.start;
    return true;
  };
  return { ...settled, ...tapped(request, { piece }) };
}

/** The attempt that is over now, as if it had answered. */
function measured(
  call: Call,
  { waitedMs = 0 }: PlannedRequest,
  { name, deployment }: RecordOptions,
  model: string,
  inner: readonly Attempt[] = [],
): Writable<Attempt> {
  call.over = true;
  const { startedAt, start, firstTokenMs } = call;
  const durationMs = performance.now() - start;
  const attempt: Writable<Attempt> = {
    id: inner[0]?.id ?? newAttemptId(),
    name,
    model,
    startedAt,
    waitMs: waitedMs,
    durationMs,
    outcome: 'answered',
  };
  if (deployment !== undefined) attempt.deployment = deployment;
  if (firstTokenMs !== undefined) attempt.firstTokenMs = firstTokenMs;
  return attempt;
}

function merged(own: Attempt, inner: readonly Attempt[]): readonly Attempt[] {
  if (inner.length === 0) return [own];
  return inner.map((attempt, index) => {
    const known: Writable<Attempt> = inner.length === 1 ? overlay(own, attempt) : { ...attempt };
    known.name ??= own.name;
    if (own.deployment !== undefined) known.deployment ??= own.deployment;
    known.waitMs = index === 0 ? attempt.waitMs + own.waitMs : attempt.waitMs;
    return known;
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
