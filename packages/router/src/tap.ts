/** Watching a streamed answer on its way to the caller, as deltas or as relayed bytes. */
import type { ModelRequest } from '@rolecall/core';
import { commits } from './policies/commits.ts';

export interface Tap {
  /** Sees each piece before it is passed on. `commits`: from here on the answer has begun. `false` keeps it back. */
  readonly piece: (commits: boolean) => boolean;
  /** Follows the promise of a reader who is not ready for more. */
  readonly held?: (reading: Promise<void>) => Promise<void>;
}

/** Someone takes the answer piece by piece. */
export function isStream({ onDelta, wire }: ModelRequest): boolean {
  return onDelta !== undefined || wire?.onBytes !== undefined;
}

/** What a copy of the request must have in the place of its own, for the tap to see every piece; nothing for a plain answer. */
export function tapped(
  { onDelta, wire }: ModelRequest,
  { piece, held }: Tap,
): Pick<ModelRequest, 'onDelta' | 'wire'> | undefined {
  if (!onDelta && !wire?.onBytes) return undefined;
  const after = (reading: void | Promise<void>): void | Promise<void> =>
    held && reading instanceof Promise ? held(reading) : reading;
  const taps: { onDelta?: ModelRequest['onDelta']; wire?: ModelRequest['wire'] } = {};

  if (onDelta) taps.onDelta = (delta) => (piece(commits(delta)) ? after(onDelta(delta)) : undefined);
  if (wire?.onBytes) {
    const { onBytes } = wire;
    taps.wire = { ...wire, onBytes: (bytes) => (piece(bytes.byteLength > 0) ? after(onBytes(bytes)) : undefined) };
  }
  return taps;
}
