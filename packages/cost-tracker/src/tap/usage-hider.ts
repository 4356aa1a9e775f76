import { Bytes } from './bytes.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** An event on its way to the caller: where it ends in the chunk, and whether it is only about usage. */
export interface EventEnd {
  readonly end: number;
  readonly aboutUsage: boolean;
}

/** Takes what we asked for out of a stream again, for a caller who did not ask: the event with the usage, and `"usage":null` in the others. */
export class UsageHider {
  /** The beginning of an event whose end is yet to come. */
  readonly #held = new Bytes(Infinity);

  /** What the caller is to see of a chunk: whole events. */
  pass(chunk: Uint8Array, ends: readonly EventEnd[]): Uint8Array {
    const seen: Uint8Array[] = [];
    let from = 0;
    for (const { end, aboutUsage } of ends) {
      this.#held.add(chunk, from, end);
      const event = this.#held.take();
      if (!aboutUsage) seen.push(withoutNull(event));
      from = end;
    }
    this.#held.add(chunk, from, chunk.length);
    return Buffer.concat(seen);
  }

  /** What is left when the stream ends in the middle of an event. */
  rest(): Uint8Array {
    return this.#held.take();
  }
}

/** Inside a text the quotes would be escaped: this matches nothing but the field. */
function withoutNull(event: Uint8Array): Uint8Array {
  const text = decoder.decode(event);
  const without = text.replace(/,\s*"usage"\s*:\s*null(?=[,}])|"usage"\s*:\s*null\s*,/, '');
  return without.length === text.length ? event : encoder.encode(without);
}
