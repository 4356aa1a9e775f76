const words = 3;

/** Remembers which ids there have been, in 12 bytes each: 96 bits of hash stand for an id. */
export class IdSet {
  #slots = new Uint32Array(words * 1_024);
  #count = 0;

  /** Whether it was new. */
  add(id: string): boolean {
    const hash = hashOf(id);
    const slot = find(this.#slots, hash, 0);
    if (this.#slots[slot] !== 0) return false;
    this.#slots.set(hash, slot);
    this.#count += 1;
    if (this.#count * words * 2 > this.#slots.length) this.#grow();
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += words) {
      if (old[at] !== 0) this.#slots.set(old.subarray(at, at + words), find(this.#slots, old, at));
    }
  }
}

/** Where that hash is, or would be. */
function find(slots: Uint32Array, hash: Uint32Array, from: number): number {
  const [a, b, c] = [hash[from] ?? 0, hash[from + 1] ?? 0, hash[from + 2] ?? 0];
  let slot = (a % (slots.length / words)) * words;
  while (slots[slot] !== 0 && !(slots[slot] === a && slots[slot + 1] === b && slots[slot + 2] === c)) {
    slot = (slot + words) % slots.length;
  }
  return slot;
}

/** Three sums in the manner of FNV-1a, each with a multiplier and a start of its own. The first is never 0, which means an empty slot. */
function hashOf(id: string): Uint32Array {
  let [a, b, c] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b];
  for (let index = 0; index < id.length; index++) {
    const code = id.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul((b ^ code) + (b >>> 15), 0x85ebca77);
    c = Math.imul((c ^ code) + (c >>> 13), 0xc2b2ae3d);
  }
  return Uint32Array.of(a === 0 ? 1 : a, b, c);
}
