interface Slot<Value> {
  readonly value: Value;
  /** Since the hand passed it. */
  used: boolean;
}

/** What becomes of entries that make room. */
export interface BoundedMapOptions<Value> {
  /** Whether an entry may go; while none may, the map grows. @default () => true */
  readonly mayGo?: (value: Value) => boolean;
  readonly onGone?: (value: Value) => void;
}

/**
 * A map of so many entries. One that was not asked for lately makes room for a new one: a hand goes round and takes the first that was
 * not used since it last came by. (Moving every entry to the end when it is used would leave holes, which a map is slow to pass.)
 */
export class BoundedMap<Value> {
  readonly #slots = new Map<string, Slot<Value>>();
  readonly #most: number;
  readonly #mayGo: (value: Value) => boolean;
  readonly #onGone: ((value: Value) => void) | undefined;
  #hand: Iterator<[string, Slot<Value>]> = this.#slots.entries();
  /** Adds until the hand goes round again, after it found nobody who may go. */
  #restsFor = 0;

  constructor(most: number, { mayGo = () => true, onGone }: BoundedMapOptions<Value> = {}) {
    this.#most = most;
    this.#mayGo = mayGo;
    this.#onGone = onGone;
  }

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): Value | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    slot.used = true;
    return slot.value;
  }

  /** Enters a key that is not there yet. */
  add(key: string, value: Value): void {
    if (this.#restsFor > 0) this.#restsFor -= 1;
    else if (this.#slots.size >= this.#most) this.#makeRoom();
    this.#slots.set(key, { value, used: false });
  }

  delete(key: string): void {
    this.#slots.delete(key);
  }

  entries(): (readonly [key: string, value: Value])[] {
    return Array.from(this.#slots, ([key, { value }]) => [key, value] as const);
  }

  #makeRoom(): void {
    // Twice round: the first time, all of them may have been used.
    for (let passed = 0; passed <= this.#slots.size * 2 + 1; passed++) {
      const { done, value: entry } = this.#hand.next();
      if (done) {
        this.#hand = this.#slots.entries();
        continue;
      }
      const [key, slot] = entry;
      if (!slot.used && this.#mayGo(slot.value)) {
        this.#slots.delete(key);
        this.#onGone?.(slot.value);
        return;
      }
      slot.used = false;
    }
    this.#restsFor = this.#slots.size >> 2;
  }
}
