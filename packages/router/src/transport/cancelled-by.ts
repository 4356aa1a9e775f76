import type { Cancellation } from '../cancellation.ts';
import type { PlainRequest } from './redirects.ts';

/**
 * Where a request carries the end of the call it is for, past the SDK that makes it: an SDK that is given a signal links it to one
 * of its own and keeps watch over both, which costs a tenth of the call.
 */
const cancelledBy: unique symbol = Symbol('cancelled by');

/** Is told what a client sends, if that is a plain request: such a one can be sent again with another body. */
export type Note = (request: PlainRequest) => void;

const notedBy: unique symbol = Symbol('noted by');

export interface CancellableInit extends RequestInit {
  readonly [cancelledBy]?: Cancellation | undefined;
  readonly [notedBy]?: Note | undefined;
}

export function noteOf(init: CancellableInit): Note | undefined {
  return init[notedBy];
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

/** What tells a client's `fetch` when to end. */
export type CallEnding = { readonly signal: AbortSignal } | { readonly fetchOptions: object };

/** How a call tells its SDK to end with it: past it, if the client's `fetch` is a pooled one, which also tells what it sends. */
export function endedBy(call: Cancellation, note?: Note): CallEnding {
  return note ? { fetchOptions: { [cancelledBy]: call, [notedBy]: note } } : { signal: call.signal };
}

/** The same for a `fetch` that is called directly. */
export function initEndedBy(init: RequestInit | undefined, ending: CallEnding): CancellableInit {
  return 'signal' in ending ? { ...init, signal: ending.signal } : { ...init, signal: null, ...ending.fetchOptions };
}
