/** How many are remembered at least. Twice as many at most. */
const size = 5_000;

/** What became of an attempt. */
export interface SeenAttempt {
  readonly costUsd: number | null;
  /** The wrapped model that entered it. */
  readonly by: object;
}

/**
 * Remembers the latest attempts by id, so that none gets a second row however often its call is wrapped. The older half goes at once:
 * to take them out one by one costs more than all that is asked of them.
 */
export class SeenAttempts {
  #latest = new Map<string, SeenAttempt>();
  #older: ReadonlyMap<string, SeenAttempt> = new Map();

  get(id: string): SeenAttempt | undefined {
    return this.#latest.get(id) ?? this.#older.get(id);
  }

  add(id: string, attempt: SeenAttempt): void {
    if (this.#latest.size >= size) {
      this.#older = this.#latest;
      this.#latest = new Map();
    }
    this.#latest.set(id, attempt);
  }
}
