import { BoundedMap } from './bounded-map.ts';

const remembered = 100;
const enough = 20;
const maxKeys = 1_000;

interface Recent {
  readonly counts: number[];
  next: number;
  /** Worked out when asked for, and forgotten with the next count. */
  p95: number | undefined;
}

/** How long the latest answers were, of each model and role. */
export class RecentOutputs {
  readonly #byKey = new BoundedMap<Recent>(maxKeys);

  add(key: string, outputTokens: number): void {
    const recent = this.#byKey.get(key) ?? this.#open(key);
    recent.counts[recent.next] = outputTokens;
    recent.next = (recent.next + 1) % remembered;
    recent.p95 = undefined;
  }

  /** The 95th percentile (nearest rank) of at least 20 of the latest 100; before that there is none. */
  p95(key: string): number | undefined {
    const recent = this.#byKey.get(key);
    if (!recent || recent.counts.length < enough) return undefined;
    return (recent.p95 ??= recent.counts.toSorted((a, b) => a - b)[Math.ceil(recent.counts.length * 0.95) - 1]);
  }

  #open(key: string): Recent {
    const recent: Recent = { counts: [], next: 0, p95: undefined };
    this.#byKey.add(key, recent);
    return recent;
  }
}
