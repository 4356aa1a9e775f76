/** Bytes that come in pieces, up to as many as are worth keeping. */
export class Bytes {
  readonly #most: number;
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(most: number = 256 * 1_024) {
    this.#most = most;
  }

  get length(): number {
    return this.#length;
  }

  /** Copies them: a chunk on its way through is not ours to keep. Beyond the most, nothing more is taken. */
  add(chunk: Uint8Array, from: number, to: number): void {
    if (this.#length >= this.#most) return;
    this.#pieces.push(chunk.slice(from, to));
    this.#length += to - from;
  }

  /** All of them in one, and nothing is left. */
  take(): Uint8Array {
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    return all;
  }
}
