const size = 10_000;

/** What became of an attempt. */
export interface SeenAttempt {
  readonly costUsd: number | null;
  /** The wrapped model that entered it. */
  readonly by: object;
}

/** Remembers the latest attempts by id, so that none gets a second row however often its call is wrapped. */
export class SeenAttempts {
  readonly #attempts = new Map<string, SeenAttempt>();

  get(id: string): SeenAttempt | undefined {
    return this.#attempts.get(id);
  }

  add(id: string, attempt: SeenAttempt): void {
    this.#attempts.set(id, attempt);
    if (this.#attempts.size <= size) return;
    for (const oldest of this.#attempts.keys()) {
      this.#attempts.delete(oldest);
      return;
    }
  }
}
