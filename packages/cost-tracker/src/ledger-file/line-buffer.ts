const chunkBytes = 256 * 1024;
/** Encoding costs as much for one line as for a few dozen, and lines that are kept longer would outlive a garbage collection. */
const encodedAtOnce = 8 * 1024;
/** What is kept to be filled again: memory outside the heap is given back late. */
const mostSpare = 32;

/** Lines as they go to the disk. */
export interface Chunk {
  readonly bytes: Buffer;
  length: number;
  lines: number;
}

/** Lines that wait to be written. */
export class LineBuffer {
  #chunks: Chunk[] = [];
  #bytes = 0;
  readonly #spare: Buffer[] = [];
  /** The last few lines, which are not in a chunk yet. */
  #text = '';
  #lines = 0;

  /** The last few lines count a byte for a character. */
  get bytes(): number {
    return this.#bytes + this.#text.length;
  }

  push(line: string): void {
    this.#text += line;
    this.#lines += 1;
    if (this.#text.length >= encodedAtOnce) this.#encode();
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

  #encode(): void {
    if (this.#lines === 0) return;
    const most = this.#text.length * 3; // bytes of a UTF-16 code unit, at most
    const last = this.#chunks.at(-1);
    const chunk = last && last.bytes.length - last.length >= most ? last : this.#open(most);
    const written = chunk.bytes.write(this.#text, chunk.length);
    chunk.length += written;
    chunk.lines += this.#lines;
    this.#bytes += written;
    this.#text = '';
    this.#lines = 0;
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
