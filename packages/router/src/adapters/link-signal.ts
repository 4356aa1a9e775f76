import type { ModelRequest } from '@rolecall/core';
import { cancellationOf } from '../attempt-signal.ts';
import { Cancellation } from '../cancellation.ts';

/** The end of one call of an adapter's. */
export interface LinkedCall {
  readonly cancellation: Cancellation;
  /** The adapter made it, and so ends and releases it; another is the attempt's to end. */
  readonly isOwn: boolean;
}

/** How a call is cancelled: as its attempt is, where a policy above has made one, or else as the caller's signal says. */
export function linkCall(request: ModelRequest): LinkedCall {
  const cancellation = cancellationOf(request);
  return cancellation ? { cancellation, isOwn: false } : { cancellation: new Cancellation(request.signal), isOwn: true };
}
