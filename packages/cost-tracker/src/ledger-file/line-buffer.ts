const chunkBytes = 256 * 1024;
/** Encoding costs as much for one line as for a few dozen. */
const encodedAtOnce = 8 * 1024;
/** So many are made into lines in the next turn of the event loop, which takes a millisecond or two of it. */
const rowsAtOnce = 1_024;
/** A burst without a turn that is longer than this is made into lines as it comes: rows take more memory than their lines. */
const mostRows = 16_384;
/** What is kept to be filled again: memory outside the heap is given back late. */
const mostSpare = 32;

/** Lines as they go to the disk. */
export interface Chunk {
  readonly bytes: Buffer;
  length: number;
  lines: number;
}

export interface LineBufferOptions<Row> {
  /** One line, with its end. */
  readonly lineOf: (row: Row) => string;
  /** Hears of a row that makes no line, and is left out. */
  readonly onRefused: (error: unknown) => void;
}

/** Rows that wait to be written. They are made into lines when somebody takes them: whoever pushes one does not wait for that. */
export class LineBuffer<Row> {
  readonly #lineOf: (row: Row) => string;
  readonly #onRefused: (error: unknown) => void;
  /** The latest, which are not in a chunk yet. */
  #rows: Row[] = [];
  #chunks: Chunk[] = [];
  #bytes = 0;
  readonly #spare: Buffer[] = [];

  constructor({ lineOf, onRefused }: LineBufferOptions<Row>) {
    this.#lineOf = lineOf;
    this.#onRefused = onRefused;
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0 && this.#chunks.length === 0;
  }

  /** What has been made into lines. */
  get bytes(): number {
    return this.#bytes;
  }

  push(row: Row): void {
    this.#rows.push(row);
    if (this.#rows.length === rowsAtOnce) setImmediate(this.#encode);
    else if (this.#rows.length === mostRows) this.#encode();
  }

  /** All that waits, and no longer does. */
  take(): readonly Chunk[] {
    this.#encode();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    return chunks;
  }

  /** They wait again, in front. */
  putBack(chunks: readonly Chunk[]): void {
    this.#chunks = [...chunks, ...this.#chunks];
    for (const { length } of chunks) this.#bytes += length;
  }

  /** Gives up the oldest until no more than so many bytes wait; returns how many lines that were. */
  drop(downToBytes: number): number {
    this.#encode();
    let lines = 0;
    while (this.#bytes > downToBytes) {
      const oldest = this.#chunks.shift();
      this.#bytes -= oldest?.length ?? 0;
      lines += oldest?.lines ?? 0;
    }
    return lines;
  }

  /** They were written, and their memory can be used again. */
  recycle(chunks: readonly Chunk[]): void {
    for (const { bytes } of chunks) if (bytes.length === chunkBytes && this.#spare.length < mostSpare) this.#spare.push(bytes);
  }

  readonly #encode = (): void => {
    const rows = this.#rows;
    this.#rows = [];
    let text = '';
    let lines = 0;
    for (const row of rows) {
      const line = this.#line(row);
      if (line === undefined) continue;
      text += line;
      lines += 1;
      if (text.length < encodedAtOnce) continue;
      this.#write(text, lines);
      text = '';
      lines = 0;
    }
    if (lines > 0) this.#write(text, lines);
  };

  #line(row: Row): string | undefined {
    try {
      return this.#lineOf(row);
    } catch (error) {
      this.#onRefused(error);
      return undefined;
    }
  }

  #write(text: string, lines: number): void {
    const most = text.length * 3; // bytes of a UTF-16 code unit, at most
    const last = this.#chunks.at(-1);
    const chunk = last && last.bytes.length - last.length >= most ? last : this.#open(most);
    const written = chunk.bytes.write(text, chunk.length);
    chunk.length += written;
    chunk.lines += lines;
    this.#bytes += written;
  }

  #open(atLeast: number): Chunk {
    const bytes =
      (atLeast <= chunkBytes ? this.#spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(atLeast, chunkBytes));
    const chunk: Chunk = { bytes, length: 0, lines: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }
}

export function bytesOf(chunks: readonly Chunk[]): readonly Buffer[] {
  return chunks.map(({ bytes, length }) => bytes.subarray(0, length));
}

export function linesIn(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { lines }) => sum + lines, 0);
}
