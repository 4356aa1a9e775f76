import type { Fault } from './faults.ts';
import type { Frame } from './wires/wire.ts';

/** One thing for the socket to do. */
export type Step =
  | { readonly do: 'write'; readonly data: string; readonly paced: boolean }
  | { readonly do: 'wait'; readonly ms: number }
  /** Destroy the connection. */
  | { readonly do: 'destroy' }
  /** Say nothing more and leave the connection open. */
  | { readonly do: 'hang' };

/** Turns the frames of a stream into steps, and bends them as a fault says. They end early when the answer does. */
export function* bend(frames: Iterable<Frame>, fault: Fault | undefined, errorFrame: () => string): Iterable<Step> {
  const strikesAfter = fault && 'afterChunks' in fault ? (fault.afterChunks ?? 1) : fault?.kind === 'slow' ? 0 : 1;
  let chunks = 0;
  let struck = false;
  for (const frame of frames) {
    const due =
      fault !== undefined &&
      !struck &&
      strikesInStream(fault) &&
      (frame.part === 'content' ? chunks >= strikesAfter : isEnding(frame));
    if (due) {
      struck = true;
      yield* strike(fault, frame, errorFrame);
      if (fault.kind === 'malformed') continue; // it took this frame's place
      if (fault.kind !== 'slow') return;
    }
    if (frame.part === 'terminator' && fault?.kind === 'no_terminator') return;
    if (frame.part === 'content') chunks += 1;
    yield { do: 'write', data: frame.data, paced: frame.part === 'content' };
  }
}

function strikesInStream({ kind }: Fault): boolean {
  return ['slow', 'cut', 'stall', 'malformed', 'in_band_error'].includes(kind);
}

/** A short answer has fewer chunks than a fault waits for: it strikes before the answer is whole. */
function isEnding({ part }: Frame): boolean {
  return part === 'tail' || part === 'terminator';
}

function* strike(fault: Fault, frame: Frame, errorFrame: () => string): Iterable<Step> {
  switch (fault.kind) {
    case 'slow':
      yield { do: 'wait', ms: fault.delayMs };
      return;
    case 'cut':
      yield { do: 'destroy' };
      return;
    case 'stall':
      yield { do: 'hang' };
      return;
    case 'malformed':
      yield { do: 'write', data: brokenJson(frame.data), paced: true };
      return;
    default:
      yield { do: 'write', data: errorFrame(), paced: false };
  }
}

/** The same event with its JSON torn off halfway, and its framing intact. */
export function brokenJson(data: string): string {
  const start = data.indexOf('{');
  const end = data.lastIndexOf('}') + 1;
  const json = data.slice(start, end);
  return start < 0 ? data : data.slice(0, start) + json.slice(0, Math.ceil(json.length / 2)) + data.slice(end);
}
