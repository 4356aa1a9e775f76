/** How attempts travel: up with the answer or the error, each policy putting what went before in front. */
import type { Attempt, ModelResponse } from '@rolecall/core';
import { newAttemptId } from './attempt-ids.ts';
import { ModelError, type ModelErrorCode, RouteError } from './errors.ts';
import { overlay } from './overlay.ts';

/** A call refused before it was made, by a budget for one: nobody was asked. Known by its shape, wherever its class lives. */
export interface Refusal extends Error {
  readonly action: 'next' | 'stop';
  readonly code?: unknown;
  attempts?: readonly Attempt[];
}

export function isRefusal(error: unknown): error is Refusal {
  const { action } = (error ?? {}) as Partial<Refusal>;
  return error instanceof Error && (action === 'next' || action === 'stop');
}

/** The attempts on record with an error of whatever kind: a tracker notes those that end in a bug, too. */
export function attemptsOf(error: unknown): readonly Attempt[] {
  const { attempts } = (error ?? {}) as { attempts?: unknown };
  return Array.isArray(attempts) ? (attempts as readonly Attempt[]) : [];
}

/** The same answer, with what it took to get there. */
export function answerAfter(earlier: readonly Attempt[], response: ModelResponse): ModelResponse {
  if (earlier.length === 0) return response;
  return { ...response, attempts: [...earlier, ...(response.attempts ?? [])] };
}

/** The same error, knowing what went before it. A bug is left untouched. */
export function errorAfter<Thrown>(earlier: readonly Attempt[], error: Thrown): Thrown {
  if (earlier.length > 0 && carries(error)) Reflect.set(error, 'attempts', [...earlier, ...attemptsOf(error)]);
  return error;
}

/** What one who shared a call is told of it: the call is on record where it was made, and counts there. */
export function notMade(attempt: Attempt): Attempt {
  const { usage: _, costUsd: __, possiblyBilled: ___, ...facts } = attempt;
  const id = newAttemptId();
  return facts.outcome === 'skipped'
    ? { ...facts, id }
    : { ...facts, id, outcome: 'skipped', reason: 'an equal request under way made this call' };
}

/** The attempt that ended with this error. */
export function failedAttempt(error: unknown, base: Omit<Attempt, 'outcome'>, signal: AbortSignal | undefined): Attempt {
  if (ModelError.isInstance(error)) {
    const { code, reason, status, usage } = error;
    const outcome = error.unasked ? 'skipped' : (outcomes[code] ?? 'failed');
    const flags = { possiblyBilled: error.possiblyBilled || undefined, simulated: error.simulated || undefined };
    return overlay<Attempt>({ ...base, outcome }, { code, reason, status, usage, ...flags });
  }
  if (RouteError.isInstance(error))
    return overlay<Attempt>({ ...base, outcome: 'failed' }, { code: error.code, status: error.status });
  if (isRefusal(error)) {
    const code = typeof error.code === 'string' ? error.code : undefined;
    return overlay<Attempt>({ ...base, outcome: 'skipped' }, { code, reason: error.message });
  }
  // Its message is not repeated here: it comes from anywhere, and may quote the prompt.
  const kind = error instanceof Error ? error.name : typeof error;
  return { ...base, outcome: signal?.aborted ? 'aborted' : 'failed', reason: `${kind} thrown: a bug, or a throw from onDelta` };
}

const outcomes: Partial<Record<ModelErrorCode, Attempt['outcome']>> = { not_configured: 'skipped', aborted: 'aborted' };

function carries(error: unknown): error is ModelError | RouteError | Refusal {
  return ModelError.isInstance(error) || RouteError.isInstance(error) || isRefusal(error);
}
