import type { Attempt, ModelRequest } from '@rolecall/core';

/** Who asked, and for which named model. */
export type AttemptRequest = Pick<ModelRequest, 'role' | 'model' | 'labels'>;

/** Hears of every attempt as soon as it is over. */
export type AttemptListener = (attempt: Attempt, request: AttemptRequest) => void;

/** A listener whose failure changes no answer: the first is reported as a process warning, and it goes on being called. */
export function guarded(listener: AttemptListener): AttemptListener {
  let warned = false;
  const warn = (error: unknown): void => {
    if (warned) return;
    warned = true;
    const detail = error instanceof Error ? error.stack : undefined;
    process.emitWarning(`onAttempt failed: ${String(error)}`, {
      type: 'RolecallWarning',
      ...(detail === undefined ? {} : { detail }),
    });
  };
  return (attempt, request) => {
    try {
      // An async listener fits the type as well, and its rejection would end the process.
      const promise: unknown = listener(attempt, request);
      if (promise instanceof Promise) promise.catch(warn);
    } catch (error) {
      warn(error);
    }
  };
}
