/**
 * Chunks of one stream differ in a text alone, nearly all of them: what stands before and behind that text is the same to the letter. Once
 * one of them was parsed, others are told by comparing, which takes an eighth of the time.
 */
export class AlikeChunks {
  readonly #isText: (parsed: unknown, text: string) => boolean;
  #before = '';
  #after = '';
  #triesLeft = 3;

  /** `isText`: whether this text is all that the parsed chunk says. */
  constructor(isText: (parsed: unknown, text: string) => boolean) {
    this.#isText = isText;
  }

  /** The text of a chunk that is like the one before it in all else; `undefined` when it must be parsed. */
  textOf(chunk: string): string | undefined {
    const before = this.#before;
    const start = before.length;
    const end = chunk.length - this.#after.length;
    if (start === 0 || end < start) return undefined;
    // Cut and compared, as `startsWith` and `endsWith` take three times as long on Node 20.
    if (chunk.slice(0, start) !== before || chunk.slice(end) !== this.#after) return undefined;
    const text = chunk.slice(start, end);
    return needsParser.test(text) ? undefined : text;
  }

  /** Looks where in such a chunk its text is. In some streams every chunk differs in more: those are soon left alone. */
  learn(chunk: string, text: string): void {
    if (this.#triesLeft === 0 || text === '' || needsParser.test(text)) return;
    this.#triesLeft -= 1;
    const at = chunk.lastIndexOf(`"${text}"`) + 1;
    const [before, after] = [chunk.slice(0, at), chunk.slice(at + text.length)];
    if (at === 0 || !this.#isText(parsedOf(`${before}${probe}${after}`), probe)) return;
    this.#before = before;
    this.#after = after;
  }
}

const probe = 'probe';

/** What ends a string of JSON, begins an escape, or must not stand there: all below the space. */
const needsParser = /["\\]|[^ -\uffff]/;

function parsedOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
