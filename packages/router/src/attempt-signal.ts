/** One abort controller for one attempt: the policy that ends it and the adapter that makes the call share it. A second costs 5 µs. */
import type { ModelRequest } from '@rolecall/core';

/** Where the controller hangs on the request that an attempt sends down. */
export const attemptController: unique symbol = Symbol('attempt controller');

export interface SignalledRequest extends ModelRequest {
  readonly [attemptController]?: AbortController | undefined;
}

/** The signal of the attempt, if it is still the request's: it is aborted when the attempt fails, whatever the reason. */
export function attemptSignal(request: SignalledRequest): AbortSignal | undefined {
  const signal = request[attemptController]?.signal;
  return signal !== undefined && signal === request.signal ? signal : undefined;
}
