/**
 * How much was used in the last while. The time is cut into slots, so the memory is fixed however much happens; a slot is forgotten
 * only when all of it is older than the window, so an amount is held for the whole window and at most one slot longer.
 */
export class SlidingWindow {
  readonly #windowMs: number;
  readonly #slotMs: number;
  /** A ring: the slot of number `n` is at `n % length`. */
  readonly #amounts: Float64Array;
  #newest = 0;
  #total = 0;

  constructor(windowMs: number, slots = 240) {
    this.#windowMs = windowMs;
    this.#slotMs = windowMs / slots;
    this.#amounts = new Float64Array(slots + 1);
  }

  /** What the window holds now. */
  used(): number {
    this.#advance();
    return this.#total;
  }

  /** Puts an amount in. Returns the slot it went to, for `correct`. */
  add(amount: number): number {
    this.#advance();
    this.#put(this.#newest, amount);
    return this.#newest;
  }

  /** Changes what was put into a slot: less is taken back from there, more counts from now on. */
  correct(slot: number, change: number): void {
    this.#advance();
    if (change > 0) this.#put(this.#newest, change);
    else if (this.#newest - slot < this.#amounts.length) this.#put(slot, change);
  }

  /** How long until so much more fits under the limit. What is larger than the limit takes several windows. */
  availableInMs(amount: number, limit: number): number {
    this.#advance();
    if (this.#total + amount <= limit) return 0;
    const windowsBefore = Math.max(0, Math.ceil(amount / limit) - 1);
    const excess = this.#total + (amount - windowsBefore * limit) - limit;
    return windowsBefore * this.#windowMs + this.#freedInMs(excess);
  }

  clear(): void {
    this.#amounts.fill(0);
    this.#total = 0;
  }

  /** How long until at least this much has been forgotten. */
  #freedInMs(amount: number): number {
    const slots = this.#amounts.length;
    let freed = 0;
    for (let slot = this.#newest - slots + 1; slot <= this.#newest; slot++) {
      if (slot < 0) continue;
      freed += this.#amounts[slot % slots] ?? 0;
      if (freed >= amount) return (slot + slots) * this.#slotMs - performance.now();
    }
    return 0;
  }

  #put(slot: number, amount: number): void {
    const index = slot % this.#amounts.length;
    this.#amounts[index] = (this.#amounts[index] ?? 0) + amount;
    this.#total += amount;
  }

  #advance(): void {
    const slot = Math.floor(performance.now() / this.#slotMs);
    const first = Math.max(this.#newest, slot - this.#amounts.length);
    for (let passed = first + 1; passed <= slot; passed++) {
      const index = passed % this.#amounts.length;
      this.#total -= this.#amounts[index] ?? 0;
      this.#amounts[index] = 0;
    }
    this.#newest = Math.max(this.#newest, slot);
  }
}
