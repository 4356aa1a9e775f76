/** An answer that the provider's content filter stopped: a failure where a chain for that exists, else an answer like any other. */
import type { ModelRequest, ModelResponse } from '@rolecall/core';
import { ModelError } from '../errors.ts';

/** The caller has some of it already: nobody else can be asked. */
export function wasPassedOn({ onDelta, wire }: ModelRequest, { text, toolCalls, refusal }: ModelResponse): boolean {
  return wire?.onBytes !== undefined || (onDelta !== undefined && (text !== '' || toolCalls.length > 0 || refusal !== undefined));
}

/** The failure that this answer counts as, with the attempts behind it. */
export function filtered({ model, text, usage, attempts = [] }: ModelResponse): ModelError {
  const reason = 'the answer was stopped by a content filter';
  const error = new ModelError('content_filtered', {
    model,
    reason,
    usage,
    partialText: text || undefined,
    possiblyBilled: true,
  });
  const code = error.code;
  const own = attempts.map((attempt, index) =>
    index === attempts.length - 1 ? { ...attempt, outcome: 'failed' as const, code, reason } : attempt,
  );
  return own.length === 0 ? error : Object.assign(error, { attempts: own });
}
