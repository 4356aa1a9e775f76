const chunkBytes = 256 * 1024;
/** What is kept to be filled again: memory outside the heap is given back late. */
const mostSpare = 32;

/** Lines as they go to the disk, encoded at once: kept as strings, they would outlive a garbage collection or two. */
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

  get bytes(): number {
    return this.#bytes;
  }

  push(line: string): void {
    const most = line.length * 3; // bytes of a UTF-16 code unit, at most
    const last = this.#chunks.at(-1);
    const chunk = last && last.bytes.length - last.length >= most ? last : this.#open(most);
    const written = chunk.bytes.write(line, chunk.length);
    chunk.length += written;
    chunk.lines += 1;
    this.#bytes += written;
  }

  /** All that waits, and no longer does. */
  take(): readonly Chunk[] {
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
