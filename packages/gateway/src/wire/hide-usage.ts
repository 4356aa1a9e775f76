/** A stream reports its usage in a chunk of its own; a caller who did not ask for it gets the stream without. */

const mark = Buffer.from('"choices":[]');
const [lineFeed, carriageReturn] = [10, 13];
/** An event that is longer than this is none that reports usage. */
const mostHeld = 1_048_576;

/** Takes that chunk out of the bytes of one stream. What comes is passed on at once, but for an event that has not come as a whole. */
export class UsageFilter {
  #rest: Buffer | undefined;

  take(bytes: Uint8Array): Uint8Array {
    if (this.#rest === undefined && endsEvent(bytes)) return withoutUsage(asBuffer(bytes));
    const known = this.#rest === undefined ? asBuffer(bytes) : Buffer.concat([this.#rest, bytes]);
    const end = lastEnd(known);
    if (known.length - end > mostHeld) {
      this.#rest = undefined;
      return known;
    }
    this.#rest = end < known.length ? known.subarray(end) : undefined;
    return withoutUsage(known.subarray(0, end));
  }

  /** What is left when no more comes. */
  rest(): Uint8Array {
    return withoutUsage(this.#rest ?? Buffer.alloc(0));
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The last line is empty. */
function endsEvent(bytes: Uint8Array): boolean {
  const { length } = bytes;
  const [last, before] = [bytes[length - 1], bytes[length - 2]];
  if (last === lineFeed) return before === lineFeed || (before === carriageReturn && bytes[length - 3] === lineFeed);
  return last === carriageReturn && before === carriageReturn;
}

/** Where the last whole event ends. */
function lastEnd(bytes: Buffer): number {
  for (let at = bytes.lastIndexOf(lineFeed); at > 0; at = bytes.lastIndexOf(lineFeed, at - 1)) {
    if (endsEvent(bytes.subarray(0, at + 1))) return at + 1;
  }
  return 0;
}

function withoutUsage(bytes: Buffer): Uint8Array {
  if (!bytes.includes(mark)) return bytes;
  const events = bytes.toString('utf8').split(/(?<=\n\r?\n)/);
  return Buffer.from(events.filter((event) => !isUsage(event)).join(''));
}

function isUsage(event: string): boolean {
  if (!event.includes('"choices":[]') || !event.startsWith('data:')) return false;
  try {
    const { choices, usage } = JSON.parse(event.slice('data:'.length)) as { choices?: unknown; usage?: unknown };
    return Array.isArray(choices) && choices.length === 0 && usage !== undefined && usage !== null;
  } catch {
    return false; // not one of those
  }
}
