import { BoundedMap } from './bounded-map.ts';
import type { Entry } from './entry.ts';
import { Tally } from './tally.ts';

/** Where the figures of all keys beyond the cap are. */
export const otherKey = '__other__';

/** The first groups have percentiles that are exact up to a thousand values; of the many after them that would be too much memory. */
const wellKnown = 50;
const fewExact = 32;

/** One tally per key, for ever exact in sum. Beyond the cap, a key that was not used lately is folded into `__other__`. */
export class Rollup {
  readonly #tallies: BoundedMap<Tally>;
  #other: Tally | undefined;
  #folded = 0;

  constructor(maxKeys: number) {
    const onGone = (tally: Tally): void => {
      this.#rest().merge(tally);
      this.#folded += 1;
    };
    this.#tallies = new BoundedMap(maxKeys, { onGone });
  }

  /** Returns by how much the number of keys changed whose last call was answered: 1, 0 or -1. */
  add(key: string, entry: Entry): number {
    const tally = key === otherKey ? this.#rest() : (this.#tallies.get(key) ?? this.#open(key));
    const before = tally.endedWell;
    tally.add(entry);
    return Number(tally.endedWell) - Number(before);
  }

  /** How many keys there have been. One that was folded and came back counts twice. */
  get keys(): number {
    return this.#tallies.size + this.#folded;
  }

  entries(): readonly (readonly [key: string, tally: Tally])[] {
    const entries = this.#tallies.entries();
    return this.#other ? [...entries, [otherKey, this.#other]] : entries;
  }

  #open(key: string): Tally {
    const tally = this.#tallies.size < wellKnown ? new Tally() : new Tally(fewExact);
    this.#tallies.add(key, tally);
    return tally;
  }

  #rest(): Tally {
    return (this.#other ??= new Tally());
  }
}
