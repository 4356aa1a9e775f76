/** What an answer or an error says of how a call ended. */
import type { Attempt, ModelResponse } from '@rolecall/core';
import { ModelError, RouteError } from '@rolecall/router';
import type { Problem } from '../http/problem.ts';
import type { CallEnding } from '../http/route.ts';
import { costOf } from './cost-of.ts';

export type Ended = Pick<CallEnding, 'outcome' | 'status' | 'attempts'> & Partial<CallEnding>;

export function answered({ model, attempts = [], usage }: ModelResponse): Ended {
  const { inputTokens, outputTokens } = usage;
  return { outcome: 'answered', status: 200, model, attempts, costUsd: costOf(attempts), inputTokens, outputTokens };
}

export function attemptsOf(error: unknown): readonly Attempt[] {
  if (ModelError.isInstance(error) || RouteError.isInstance(error)) return error.attempts ?? [];
  const { attempts } = error as { attempts?: unknown };
  return Array.isArray(attempts) ? (attempts as readonly Attempt[]) : [];
}

/** A bug is told to whoever keeps the log, not to the caller. */
export function internal({ code }: Problem, error: unknown): unknown {
  return code === 'internal_error' ? error : undefined;
}
