import type { Attempt, ModelResponse } from '@rolecall/core';
import { newAttemptId } from '../attempt-ids.ts';
import { attemptsOf, failedAttempt } from '../attempts.ts';
import { ModelError } from '../errors.ts';
import { overlay } from '../overlay.ts';
import { within } from './within.ts';

const graceMs = 100;

/** What can be said of a call from outside. */
export interface CallFacts {
  readonly model: string;
  readonly startedAt: number;
  /** Why it was cancelled, if it was. */
  readonly reason?: string | undefined;
}

/**
 * The attempts behind a call that is over, or has been cancelled: what it has on record itself, or else what is seen from here.
 * A model that does not heed its signal is not waited for: it may well be billed.
 */
export async function attemptsBehind(call: Promise<ModelResponse>, facts: CallFacts): Promise<readonly Attempt[]> {
  const over = await within(
    graceMs,
    call.then(
      (response) => ({ response, error: undefined }),
      (error: unknown) => ({ response: undefined, error }),
    ),
  );
  const recorded = attemptsOf(over?.response ?? over?.error);
  if (recorded.length > 0) return recorded;

  const { model, startedAt, reason } = facts;
  const base = { id: newAttemptId(), model, startedAt, waitMs: 0, durationMs: Date.now() - startedAt };
  if (over?.response) return [{ ...base, model: over.response.model, outcome: 'answered', usage: over.response.usage }];
  if (over) {
    const known = ModelError.isInstance(over.error) ? over.error.model : model; // of several behind one name it says which
    return [failedAttempt(over.error, { ...base, model: known }, undefined)];
  }
  return [overlay<Attempt>({ ...base, outcome: 'aborted', code: 'aborted', possiblyBilled: true }, { reason })];
}
