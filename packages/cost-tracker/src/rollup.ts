import type { LedgerRow } from './row.ts';
import { Tally } from './tally.ts';

/** Where the figures of all keys beyond the cap are. */
export const otherKey = '__other__';

/** One tally per key, for ever exact in sum. Beyond the cap, the key unused for longest is folded into `__other__`. */
export class Rollup {
  readonly #tallies = new Map<string, Tally>();
  readonly #maxKeys: number;
  #other: Tally | undefined;
  #folded = 0;

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  add(key: string, row: LedgerRow): void {
    if (key === otherKey) return this.#rest().add(row);

    let tally = this.#tallies.get(key);
    // Until the cap is reached keys stay in the order of their first row; then the order says which to fold.
    if (tally && this.#tallies.size >= this.#maxKeys) this.#tallies.delete(key);
    if (!tally) this.#makeRoom();
    tally ??= new Tally();
    this.#tallies.set(key, tally);
    tally.add(row);
  }

  /** How many keys there have been. One that was folded and came back counts twice. */
  get keys(): number {
    return this.#tallies.size + this.#folded;
  }

  entries(): readonly (readonly [key: string, tally: Tally])[] {
    return this.#other ? [...this.#tallies, [otherKey, this.#other]] : [...this.#tallies];
  }

  #makeRoom(): void {
    if (this.#tallies.size < this.#maxKeys) return;
    for (const [oldest, tally] of this.#tallies) {
      this.#rest().merge(tally);
      this.#tallies.delete(oldest);
      this.#folded += 1;
      return;
    }
  }

  #rest(): Tally {
    return (this.#other ??= new Tally());
  }
}
