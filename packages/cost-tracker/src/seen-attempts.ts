import { BoundedMap } from './bounded-map.ts';

const size = 10_000;

/** What became of an attempt. */
export interface SeenAttempt {
  readonly costUsd: number | null;
  /** The wrapped model that entered it. */
  readonly by: object;
}

/** Remembers the latest attempts by id, so that none gets a second row however often its call is wrapped. */
export class SeenAttempts {
  readonly #attempts = new BoundedMap<SeenAttempt>(size);

  get(id: string): SeenAttempt | undefined {
    return this.#attempts.get(id);
  }

  add(id: string, attempt: SeenAttempt): void {
    this.#attempts.add(id, attempt);
  }
}
