/** What is known of the links that failed, and what that comes to when all have. */
import type { Attempt, Model, ModelRequest } from '@rolecall/core';
import { newAttemptId } from '../attempt-ids.ts';
import { attemptsOf, failedAttempt, isRefusal, type Refusal } from '../attempts.ts';
import { ModelError, RouteError } from '../errors.ts';

/** An error after which the next link may be asked. */
export type Movable = ModelError | RouteError | Refusal;

export interface Failure {
  /** Many are never looked at. */
  readonly toError: () => Movable;
  readonly link: Model;
}

/** Refusals alone are the caller's own limit at work, not a failing backend: the first comes out as it is. */
export function exhausted(failures: readonly Failure[], attempts: readonly Attempt[], request: ModelRequest): never {
  const known = failures.map(({ toError, link }) => ({ error: toError(), link }));
  const refusal = known.every(({ error }) => isRefusal(error)) ? known[0]?.error : undefined;
  if (refusal) throw Object.assign(refusal, { attempts });
  const errors = known.flatMap(({ error, link }) => modelErrorsOf(error, nameOf(link, request)));
  const { role, model } = request;
  throw new RouteError({ errors: errors as [ModelError, ...ModelError[]], attempts, role, model });
}

/** What the link has on record, or what can be said from here when it keeps none. */
export function attemptsOfLink(error: Movable, link: Model, request: ModelRequest, startedAt: number): readonly Attempt[] {
  const recorded = attemptsOf(error);
  if (recorded.length > 0) return recorded;
  const model = ModelError.isInstance(error) ? error.model : nameOf(link, request);
  const base = { id: newAttemptId(), model, startedAt, waitMs: 0, durationMs: Date.now() - startedAt };
  return [failedAttempt(error, base, request.signal)];
}

function modelErrorsOf(error: Movable, model: string): readonly ModelError[] {
  if (ModelError.isInstance(error)) return [error];
  if (RouteError.isInstance(error)) return error.errors;
  return [new ModelError('quota_exceeded', { model, reason: error.message, cause: error })];
}

export function nameOf(link: Model | undefined, { model, role }: ModelRequest): string {
  return link?.id ?? model ?? role ?? 'model';
}
