import { randomUUID } from 'node:crypto';
import type { Attempt, Model, ModelRequest } from '@rolecall/core';
import { answerAfter, attemptsOf, errorAfter, failedAttempt, isRefusal, type Refusal } from '../attempts.ts';
import { abortError, ModelError, RouteError } from '../errors.ts';

/**
 * Makes one model of many: they are asked in order, and the first answer wins.
 *
 * @example
 * const model = fallback([anthropic('claude-sonnet-4-5'), openai('gpt-4o')]);
 *
 * @throws {TypeError} when there is no model, or something that is none.
 * @throws {RouteError} (the model it returns) when every one of them has failed.
 */
export function fallback(models: readonly Model[]): Model {
  if (!Array.isArray(models) || models.length === 0 || !models.every((model) => typeof model === 'function')) {
    throw new TypeError('fallback: the models must be a list of at least one function.');
  }
  const links = [...models];

  return async (request) => {
    const attempts: Attempt[] = [];
    const failures: Failure[] = [];
    throwIfAborted(request, links[0], attempts);
    for (const link of links) {
      const startedAt = Date.now();
      try {
        return answerAfter(attempts, await link(request));
      } catch (error) {
        if (!movesOn(error)) throw errorAfter(attempts, error);
        attempts.push(...attemptsBehind(error, link, request, startedAt));
        throwIfAborted(request, link, attempts);
        failures.push({ error, link });
      }
    }
    throw exhausted(failures, attempts, request);
  };
}

type Movable = ModelError | RouteError | Refusal;

interface Failure {
  readonly error: Movable;
  readonly link: Model;
}

function throwIfAborted(request: ModelRequest, link: Model | undefined, attempts: readonly Attempt[]): void {
  const { signal } = request;
  if (signal?.aborted) throw errorAfter(attempts, abortError(signal, nameOf(link, request)));
}

function movesOn(error: unknown): error is Movable {
  if (ModelError.isInstance(error)) return error.replaceable;
  return RouteError.isInstance(error) || (isRefusal(error) && error.action === 'next');
}

/** What the link has on record, or what can be said from here when it keeps none. */
function attemptsBehind(error: Movable, link: Model, request: ModelRequest, startedAt: number): readonly Attempt[] {
  const recorded = attemptsOf(error);
  if (recorded.length > 0) return recorded;
  const model = ModelError.isInstance(error) ? error.model : nameOf(link, request);
  const base = { id: randomUUID(), model, startedAt, waitMs: 0, durationMs: Date.now() - startedAt };
  return [failedAttempt(error, base, request.signal)];
}

/** Refusals alone are the caller's own limit at work, not a failing backend: the first comes out as it is. */
function exhausted(failures: readonly Failure[], attempts: readonly Attempt[], request: ModelRequest): Error {
  const refusal = failures.every(({ error }) => isRefusal(error)) ? failures[0]?.error : undefined;
  if (refusal) return Object.assign(refusal, { attempts });
  const errors = failures.flatMap(({ error, link }) => modelErrorsOf(error, nameOf(link, request)));
  const { role, model } = request;
  return new RouteError({ errors: errors as [ModelError, ...ModelError[]], attempts, role, model });
}

function modelErrorsOf(error: Movable, model: string): readonly ModelError[] {
  if (ModelError.isInstance(error)) return [error];
  if (RouteError.isInstance(error)) return error.errors;
  return [new ModelError('quota_exceeded', { model, reason: error.message, cause: error })];
}

function nameOf(link: Model | undefined, { model, role }: ModelRequest): string {
  return link?.id ?? model ?? role ?? 'model';
}
