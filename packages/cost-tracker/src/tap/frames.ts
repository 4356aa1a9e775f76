import type { JsonPicker } from './json-picker.ts';

/** How documents lie in a body: one alone, one a line, or in server-sent events. */
export type Framing = 'json' | 'ndjson' | 'sse';

const newline = 0x0a;
const carriageReturn = 0x0d;
const field = new TextEncoder().encode('data:');

/** Finds the documents in a body as it goes by, and hands their bytes on. A broken one does not spoil the next. */
export class Frames {
  readonly #framing: Framing;
  readonly #picker: JsonPicker;
  readonly #onEvent: (end: number, broken: boolean) => void;
  /** How much of a line's field name has come; past its length, the line is data. */
  #matched = 0;
  #isOther = false;
  #isEmpty = true;

  /** `onEvent` hears where in the chunk each server-sent event or line ends, after its document, and whether that was broken. */
  constructor(framing: Framing, picker: JsonPicker, onEvent: (end: number, broken: boolean) => void) {
    this.#framing = framing;
    this.#picker = picker;
    this.#onEvent = onEvent;
  }

  push(chunk: Uint8Array): void {
    if (this.#framing === 'json') return this.#picker.push(chunk, 0, chunk.length);
    for (let at = 0; at < chunk.length;) {
      const found = chunk.indexOf(newline, at);
      const end = found < 0 ? chunk.length : found;
      if (this.#framing === 'sse') this.#line(chunk, at, end);
      else this.#picker.push(chunk, at, end);
      if (found >= 0) this.#endLine(found + 1);
      at = end + 1;
    }
  }

  /** The field name may come in pieces, as anything may. */
  #line(chunk: Uint8Array, from: number, end: number): void {
    let at = from;
    for (; at < end && !this.#isOther && this.#matched < field.length; at++) {
      if (chunk[at] === field[this.#matched]) this.#matched += 1;
      else this.#isOther = true;
      if (chunk[at] !== carriageReturn) this.#isEmpty = false;
    }
    if (this.#matched === field.length) this.#picker.push(chunk, at, end);
  }

  #endLine(end: number): void {
    const eventEnds = this.#framing === 'ndjson' || this.#isEmpty;
    this.#matched = 0;
    this.#isOther = false;
    this.#isEmpty = true;
    if (!eventEnds) return;
    const { broken } = this.#picker;
    if (broken) this.#picker.reset();
    this.#onEvent(end, broken);
  }
}
