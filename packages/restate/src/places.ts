/** The places among a worker's calls that the steps of one connection take: before their beginning is journaled, or else when they run. */
import type { Leave, LiveRuns } from './live-runs.ts';

export class Places {
  readonly #runs: LiveRuns;
  /** Of steps that wait for the server to have noted that they begin. */
  readonly #early = new Map<string, Leave>();
  #isOver = false;

  constructor(runs: LiveRuns, connectionEnds: AbortSignal) {
    this.#runs = runs;
    const giveBack = (): void => {
      this.#isOver = true;
      for (const leave of this.#early.values()) leave();
      this.#early.clear();
    };
    connectionEnds.addEventListener('abort', giveBack, { once: true });
  }

  /** Before the beginning of a step is written down: while it waits for its turn, no call was made that a crash could lose. */
  async takeEarly(name: string): Promise<void> {
    const leave = await this.#runs.place();
    if (this.#isOver) leave();
    else this.#early.set(name, leave);
  }

  /** For the step itself: the place that it has, or the next that is free. */
  async take(name: string): Promise<Leave> {
    const early = this.#early.get(name);
    this.#early.delete(name);
    return early ?? this.#runs.place();
  }
}
