import type { ModelRequest } from '@rolecall/core';
import { attemptSignal } from '../attempt-signal.ts';
import { offAbort, onAbort } from '../on-abort.ts';

/** A signal of one call's own, which also follows the caller's. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Cancels this call, and nothing else of the caller's. */
  abort(reason?: unknown): void;
  /** Takes the listener off the caller's signal. */
  release(): void;
}

/**
 * Follows `signal` with one listener that `release` removes: an SDK given the caller's signal itself
 * may leave listeners on it, and a signal that lives for a whole run would gather one for every call.
 */
export function linkSignal(signal: AbortSignal | undefined): LinkedSignal {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) follow();
  else onAbort(signal, follow);
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => offAbort(signal, follow),
  };
}

/** The signal of one call: that of the attempt, where a policy above has made one and ends it with the attempt, or else a linked one. */
export function callSignal(request: ModelRequest): LinkedSignal {
  const signal = attemptSignal(request);
  return signal ? { signal, abort: nothing, release: nothing } : linkSignal(request.signal);
}

function nothing(): void {
  // It is the attempt's to do.
}
