/** Requests per minute: a sliding window that every run of a crew shares. */
import type { Agent } from './agent.ts';
import { offAbort, onAbort } from './on-abort.ts';

const windowMs = 60_000;

/** Lets at most `maxRpm` calls start in any minute; the others wait their turn, in order. */
export class RpmLimit {
  readonly #maxRpm: number;
  /** When the last calls started, oldest first; never more than `maxRpm`. */
  readonly #starts: number[] = [];
  readonly #waiting = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(maxRpm: number) {
    this.#maxRpm = maxRpm;
  }

  /** Resolves when the call may start. A wait that is aborted takes nobody's place. */
  async take(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#waiting.size === 0 && this.#freeInMs() <= 0) return this.#start();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(start);
        offAbort(signal, giveUp);
      };
      const giveUp = (): void => {
        leave();
        if (this.#waiting.size === 0) this.#rest();
        reject(signal?.reason as Error);
      };
      const start = (): void => {
        leave();
        this.#start();
        resolve();
      };
      onAbort(signal, giveUp);
      this.#waiting.add(start);
      this.#wake();
    });
  }

  #start(): void {
    if (this.#starts.length === this.#maxRpm) this.#starts.shift();
    this.#starts.push(performance.now());
  }

  #freeInMs(): number {
    const [oldest] = this.#starts;
    return oldest === undefined || this.#starts.length < this.#maxRpm ? 0 : oldest + windowMs - performance.now();
  }

  #wake(): void {
    this.#timer ??= setTimeout(() => {
      this.#rest();
      for (const start of this.#waiting) {
        if (this.#freeInMs() > 0) break;
        start();
      }
      if (this.#waiting.size > 0) this.#wake();
    }, this.#freeInMs());
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** The limits of one crew object: the crew's own, which its agents share, and those of agents that have one. */
export class RpmLimits {
  readonly #ofCrew: RpmLimit | undefined;
  readonly #ofAgents = new Map<Agent, RpmLimit>();

  constructor(maxRpm: number | undefined) {
    this.#ofCrew = maxRpm === undefined ? undefined : new RpmLimit(maxRpm);
  }

  /** An agent's own limit wins over the crew's. */
  of(agent: Agent | undefined): RpmLimit | undefined {
    if (agent?.maxRpm === undefined) return this.#ofCrew;
    let limit = this.#ofAgents.get(agent);
    if (!limit) this.#ofAgents.set(agent, (limit = new RpmLimit(agent.maxRpm)));
    return limit;
  }
}
