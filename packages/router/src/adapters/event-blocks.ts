const lineFeed = 10;
const carriageReturn = 13;

/** The bytes of an event stream, cut after each blank line: where an event ends, whatever the line ends are. */
export class EventBlocks {
  #bytes: Buffer = Buffer.alloc(0);
  /** The rest of a line, as far as it has come: joined once that ends, as a long one comes in many pieces. */
  #unended: Buffer[] = [];
  #start = 0;
  /** Where the line begins that is being looked at, and how far that has come. */
  #lineStart = 0;
  #scanned = 0;
  #hasReturns = false;

  /** Where the next block begins. It means something until bytes are added. */
  get position(): number {
    return this.#start;
  }

  /** All blocks that have come as a whole. */
  allWhole(): Buffer {
    const start = this.#start;
    while (this.#findEnd());
    return this.#bytes.subarray(start, this.#start);
  }

  add({ buffer, byteOffset, byteLength }: Uint8Array): void {
    const added = Buffer.from(buffer, byteOffset, byteLength);
    const hasReturn = added.includes(carriageReturn);
    if (!hasReturn && !added.includes(lineFeed)) return void this.#unended.push(added);
    this.#hasReturns ||= hasReturn;
    const rest = this.#bytes.subarray(this.#start);
    const isAlone = rest.length === 0 && this.#unended.length === 0;
    this.#bytes = isAlone ? added : Buffer.concat([rest, ...this.#unended, added]);
    this.#unended = [];
    this.#lineStart -= this.#start;
    this.#scanned -= this.#start;
    this.#start = 0;
  }

  /** The next block, its blank line included, or `undefined` if it has not come as a whole. */
  next(): Buffer | undefined {
    const start = this.#start;
    return this.#findEnd() ? this.#bytes.subarray(start, this.#start) : undefined;
  }

  /** Goes behind the next block, if it has come as a whole. */
  #findEnd(): boolean {
    const bytes = this.#bytes;
    if (!this.#hasReturns) return this.#findEndByLineFeed(bytes);
    for (let at = this.#scanned; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte !== lineFeed && byte !== carriageReturn) continue;
      const isPair = byte === carriageReturn && bytes[at + 1] === lineFeed;
      // The second half of a line end that came in two pieces ends no line of its own.
      const isHalf = byte === lineFeed && at > this.#start && bytes[at - 1] === carriageReturn;
      if (at === this.#lineStart && !isHalf) return this.#goBehind(isPair ? at + 2 : at + 1);
      if (isPair) at++;
      this.#lineStart = at + 1;
    }
    this.#scanned = bytes.length;
    return false;
  }

  /** Nearly every server ends its lines with a line feed alone, which is looked for at the speed of the machine. */
  #findEndByLineFeed(bytes: Buffer): boolean {
    for (let at = bytes.indexOf(lineFeed, this.#scanned); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) {
      if (at === this.#lineStart) return this.#goBehind(at + 1);
      this.#lineStart = at + 1;
    }
    this.#scanned = bytes.length;
    return false;
  }

  #goBehind(end: number): true {
    this.#start = this.#lineStart = this.#scanned = end;
    return true;
  }
}
