/** One cancellation for one attempt: the policy that ends it and the adapter that makes the call share it. */
import type { ModelRequest } from '@rolecall/core';
import type { Cancellation } from './cancellation.ts';

/** Where it hangs on the request that an attempt sends down. */
export const attemptCancellation: unique symbol = Symbol('attempt cancellation');

export interface SignalledRequest extends ModelRequest {
  readonly [attemptCancellation]?: Cancellation | undefined;
}

/** The cancellation of the attempt, if its signal is still the request's: it comes when the attempt fails, whatever the reason. */
export function cancellationOf(request: SignalledRequest): Cancellation | undefined {
  const attempt = request[attemptCancellation];
  return attempt !== undefined && attempt.signal === request.signal ? attempt : undefined;
}
