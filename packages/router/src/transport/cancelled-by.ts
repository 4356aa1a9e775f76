import type { Cancellation } from '../cancellation.ts';

/**
 * Where a request carries the end of the call it is for, past the SDK that makes it: an SDK that is given a signal links it to one
 * of its own and keeps watch over both, which costs a tenth of the call.
 */
const cancelledBy: unique symbol = Symbol('cancelled by');

export interface CancellableInit extends RequestInit {
  readonly [cancelledBy]?: Cancellation | undefined;
}

/** What a request ends with. */
export type Ending = AbortSignal | Cancellation;

export function endingsOf(init: CancellableInit): Ending[] {
  const { signal, [cancelledBy]: another } = init;
  if (signal && another) return [signal, another];
  const one = signal ?? another;
  return one ? [one] : [];
}

export function followEnding(ending: Ending, follow: () => void): void {
  if ('follow' in ending) ending.follow(follow);
  else ending.addEventListener('abort', follow);
}

export function unfollowEnding(ending: Ending, follow: () => void): void {
  if ('unfollow' in ending) ending.unfollow(follow);
  else ending.removeEventListener('abort', follow);
}

/** The same request for a `fetch` that knows of one signal only. */
export function withOneSignal(init: CancellableInit): RequestInit {
  const { signal, [cancelledBy]: another } = init;
  if (!another) return init;
  return { ...init, signal: signal ? AbortSignal.any([signal, another.signal]) : another.signal };
}

/** How a call tells its SDK to end with it: past it, if the client's `fetch` is a pooled one. */
export function endedBy(call: Cancellation, isPooled: boolean): { signal: AbortSignal } | { fetchOptions: object } {
  return isPooled ? { fetchOptions: { [cancelledBy]: call } } : { signal: call.signal };
}

/** The same for a `fetch` that is called directly. */
export function initEndedBy(init: RequestInit | undefined, call: Cancellation, isPooled: boolean): CancellableInit {
  return isPooled ? { ...init, signal: null, [cancelledBy]: call } : { ...init, signal: call.signal };
}
