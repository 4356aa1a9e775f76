import { Bytes } from './bytes.ts';
import { childAt, treeOf, type Picked, type Place, type Wanted } from './wanted.ts';

/** A list or an object that has been opened; `place` is absent where nothing is wanted. */
interface Level {
  readonly place: Place | undefined;
  readonly isObject: boolean;
  /** Texts in it are measured. */
  readonly measure: boolean;
}

/** A piece of the document that is being kept: where in the chunk it goes on, and what came of it before. */
interface Piece {
  from: number;
  readonly before: Bytes;
}

/** A value that is being kept: where it belongs, and at what level it began. */
interface Kept extends Piece {
  readonly place: Place;
  readonly depth: number;
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const space = 0x20;
const decoder = new TextDecoder();

/**
 * Reads JSON documents as their bytes go by, in whatever pieces they come, and keeps no more of them than is wanted: what they say
 * besides, a book or a thousand embeddings, takes no memory.
 */
export class JsonPicker {
  readonly #root: Place;
  readonly #onDocument: (picked: Picked) => void;
  #levels: Level[] = [];
  /** The innermost of them. */
  #level: Level | undefined;
  #values = new Map<string, unknown[]>();
  #textBytes = 0;
  #inText = false;
  /** The byte before was a backslash. */
  #escaped = false;
  /** Something stood beside the documents. */
  #isStray = false;
  /** The text that comes, or is being read, is a key. */
  #isKey = false;
  #key: Piece | undefined;
  /** Where the next value belongs. */
  #next: Place | undefined;
  #kept: Kept | undefined;

  constructor(wanted: Wanted, onDocument: (picked: Picked) => void) {
    this.#root = treeOf(wanted);
    this.#next = this.#root;
    this.#onDocument = onDocument;
  }

  /** What came since the last `reset` is no document, or not a whole one. */
  get broken(): boolean {
    return this.#levels.length > 0 || this.#inText || this.#isStray;
  }

  /** Takes the bytes of `chunk` between two places. */
  push(chunk: Uint8Array, from: number, to: number): void {
    if (this.#kept) this.#kept.from = from;
    if (this.#key) this.#key.from = from;
    let at = from;
    while (at < to) at = this.#inText ? this.#text(chunk, at, to) : this.#syntax(chunk, at, to);
    this.#kept?.before.add(chunk, this.#kept.from, to);
    this.#key?.before.add(chunk, this.#key.from, to);
  }

  /** Forgets a document that is not over: what comes is another. */
  reset(): void {
    this.#isStray = false;
    this.#begin();
  }

  #begin(): void {
    this.#levels = [];
    this.#level = undefined;
    this.#values = new Map();
    this.#textBytes = 0;
    this.#inText = this.#escaped = this.#isKey = false;
    this.#key = this.#kept = undefined;
    this.#next = this.#root;
  }

  /** Reads on to the end of a text, or of the chunk. */
  #text(chunk: Uint8Array, from: number, to: number): number {
    let at = this.#escaped ? from + 1 : from;
    this.#escaped = false;
    for (; at < to; at++) {
      if (chunk[at] === quote) break;
      if (chunk[at] === backslash && ++at === to) this.#escaped = true;
    }
    const ended = at < to;
    const end = Math.min(at, to);
    if (!this.#isKey && this.#measures()) this.#textBytes += end - from;
    if (!ended) return end;
    this.#inText = false;
    if (this.#isKey && !this.#kept) this.#endKey(chunk, end);
    return end + 1;
  }

  /** Finds the place of the value that follows. */
  #endKey(chunk: Uint8Array, end: number): void {
    const key = this.#key;
    this.#key = undefined;
    if (key && key.before.length === 0) this.#next = childAt(this.#level?.place, chunk, key.from, end);
    else if (key) {
      const name = whole(key, chunk, end);
      this.#next = childAt(this.#level?.place, name, 0, name.length);
    } else this.#next = undefined;
  }

  /** Reads on past one mark, or past a number or a name such as `null`. */
  #syntax(chunk: Uint8Array, at: number, to: number): number {
    const byte = chunk[at];
    if (byte === quote) this.#beginText(at);
    else if (byte === openBrace || byte === openBracket) this.#open(at, byte === openBrace);
    else if (byte === closeBrace || byte === closeBracket) this.#close(chunk, at);
    else if (byte === colon) this.#isKey = false;
    else if (byte === comma) {
      this.#endValue(chunk, at);
      this.#isKey = this.#level?.isObject ?? false;
      this.#next = this.#isKey ? undefined : this.#level?.place;
    } else return this.#scalar(chunk, at, to);
    return at + 1;
  }

  #scalar(chunk: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && !isMark(chunk[at]!)) at++;
    if (at === from) return from + 1; // white space
    this.#isStray ||= this.#levels.length === 0;
    this.#beginValue(from);
    return at;
  }

  #beginText(at: number): void {
    this.#inText = true;
    // Nobody asks for a key of an object in which nothing is wanted.
    if (!this.#isKey) this.#beginValue(at);
    else if (!this.#kept && this.#level?.place?.children.length) this.#key = { from: at + 1, before: new Bytes() };
  }

  #open(at: number, isObject: boolean): void {
    this.#beginValue(at);
    this.#level = { place: this.#next, isObject, measure: this.#measures() };
    this.#levels.push(this.#level);
    this.#isKey = isObject;
  }

  #close(chunk: Uint8Array, at: number): void {
    if (this.#levels.length === 0) {
      this.#isStray = true;
      return;
    }
    this.#endValue(chunk, at); // the one before the bracket
    this.#levels.pop();
    this.#level = this.#levels.at(-1);
    this.#isKey = false;
    this.#endValue(chunk, at + 1); // the one that the bracket closes
    this.#next = undefined;
    if (this.#levels.length === 0) this.#endDocument();
  }

  /** A value begins: perhaps one to keep. */
  #beginValue(at: number): void {
    if (this.#kept || !this.#next?.keep) return;
    this.#kept = { place: this.#next, depth: this.#levels.length, from: at, before: new Bytes() };
  }

  /** A value is over; one that is kept ends at the level it began at. */
  #endValue(chunk: Uint8Array, end: number): void {
    const kept = this.#kept;
    if (kept?.depth !== this.#levels.length) return;
    this.#kept = undefined;
    const value = parsed(whole(kept, chunk, end));
    const { path } = kept.place;
    const values = this.#values.get(path);
    if (values) values.push(value);
    else this.#values.set(path, [value]);
  }

  /** Texts count here: the value itself is to be measured, or something around it is. */
  #measures(): boolean {
    return this.#next?.measure === true || this.#level?.measure === true;
  }

  #endDocument(): void {
    const [values, textBytes] = [this.#values, this.#textBytes];
    this.#begin();
    const all = (path: string): readonly unknown[] => values.get(path) ?? [];
    this.#onDocument({ all, last: (path) => all(path).findLast((value) => value !== null && value !== undefined), textBytes });
  }
}

/** A piece up to its end in this chunk. Most lie within one chunk, and are not copied. */
function whole({ from, before }: Piece, chunk: Uint8Array, end: number): Uint8Array {
  if (before.length === 0) return chunk.subarray(from, end);
  before.add(chunk, from, end);
  return before.take();
}

/** What ends a number or a name. */
function isMark(byte: number): boolean {
  return (
    byte <= space ||
    byte === comma ||
    byte === closeBrace ||
    byte === closeBracket ||
    byte === quote ||
    byte === colon ||
    byte === openBrace ||
    byte === openBracket
  );
}

/** Cut off, or no JSON: then it is as if it had not been said. */
function parsed(json: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(json));
  } catch {
    return undefined;
  }
}
