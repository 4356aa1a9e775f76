import type { PlainRequest } from './redirects.ts';

/**
 * Where a request carries the signal of the call it is for, past the SDK that makes it: an SDK that is given a signal links it to one
 * of its own and keeps watch over both, which costs a tenth of the call.
 */
const cancelledBy: unique symbol = Symbol('cancelled by');

/** Is told what is sent, when that is a plain request: it can be sent again with another body. */
export type Note = (request: PlainRequest) => void;

const notedBy: unique symbol = Symbol('noted by');

export interface CancellableInit extends RequestInit {
  readonly [cancelledBy]?: AbortSignal | undefined;
  readonly [notedBy]?: Note | undefined;
}

export function noteOf(init: CancellableInit): Note | undefined {
  return init[notedBy];
}

/** The signals that a request ends with. */
export function signalsOf(init: CancellableInit): AbortSignal[] {
  const { signal, [cancelledBy]: another } = init;
  if (signal && another) return [signal, another];
  const one = signal ?? another;
  return one ? [one] : [];
}

/** The same request for a `fetch` that knows of one signal only. */
export function withOneSignal(init: CancellableInit): RequestInit {
  return init[cancelledBy] ? { ...init, signal: AbortSignal.any(signalsOf(init)) } : init;
}

/** How a call tells its SDK to end with this signal: past it, if the client's `fetch` is a pooled one. */
export function endedBy(signal: AbortSignal, isPooled: boolean, note?: Note): { signal: AbortSignal } | { fetchOptions: object } {
  return isPooled ? { fetchOptions: { [cancelledBy]: signal, [notedBy]: note } } : { signal };
}
