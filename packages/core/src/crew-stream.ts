/** A run as an async iterable of its events. */
import type { CrewEvent, CrewListener } from './events.ts';

/** The events of one run. It starts when somebody asks for the first event, or for the result. */
export interface CrewStream<Result> extends AsyncIterableIterator<CrewEvent, undefined, undefined> {
  /** What the run gives. Asked for without a reader, it lets the events go by. */
  readonly result: Promise<Result>;
  /** Aborts the run if it is under way, and resolves when it has ended. May be called any number of times. */
  readonly close: () => Promise<void>;
  /** @throws {TypeError} when its events were read already. */
  readonly [Symbol.asyncIterator]: () => CrewStream<Result>;
}

/** Starts the run: `onEvent` hears it, `signal` ends it. */
export type StartRun<Result> = (onEvent: CrewListener, signal: AbortSignal) => Promise<Result>;

type Next = IteratorResult<CrewEvent, undefined>;

interface Held {
  readonly event: CrewEvent;
  readonly release: () => void;
}

export function streamOf<Result>(start: StartRun<Result>): CrewStream<Result> {
  return new RunStream(start);
}

class RunStream<Result> implements CrewStream<Result> {
  readonly #start: StartRun<Result>;
  readonly #abort = new AbortController();
  readonly #held: Held[] = [];
  readonly #waiting: { resolve: (next: Next) => void; reject: (reason: unknown) => void }[] = [];
  #run: Promise<Result> | undefined;
  #isRead = false;
  #isOver = false;
  /** A reader came to its end, or left. */
  #isSpent = false;
  /** What the run failed with, until a reader has been told. */
  #failure: { readonly reason: unknown } | undefined;
  #lastRead: Held | undefined;

  constructor(start: StartRun<Result>) {
    this.#start = start;
  }

  get result(): Promise<Result> {
    return this.#begin();
  }

  async next(): Promise<Next> {
    this.#isRead = true;
    if (!this.#isOver) void this.#begin();
    // Whoever asks for the next event is done with the last one: until then the run stands still.
    this.#lastRead?.release();
    this.#lastRead = this.#held.shift();
    if (this.#lastRead) return { value: this.#lastRead.event, done: false };
    if (!this.#isOver) return new Promise((resolve, reject) => void this.#waiting.push({ resolve, reject }));
    return this.#ended();
  }

  async return(): Promise<Next> {
    this.#isSpent = true;
    await this.close();
    return { value: undefined, done: true };
  }

  readonly close = async (): Promise<void> => {
    if (!this.#isOver) this.#abort.abort(new Error('The stream was closed'));
    this.#letGo();
    await this.#run?.catch(() => undefined);
    this.#failure = undefined;
    this.#isOver = true;
  };

  [Symbol.asyncIterator](): this {
    if (this.#isSpent) throw new TypeError('The events of this stream were read already; await its result, or start another');
    return this;
  }

  #begin(): Promise<Result> {
    if (this.#run) return this.#run;
    const run = this.#start((event) => this.#hear(event), this.#abort.signal);
    this.#run = run;
    run.then(
      () => this.#finish(undefined),
      (reason: unknown) => this.#finish({ reason }),
    );
    return run;
  }

  #hear(event: CrewEvent): void | Promise<void> {
    if (!this.#isRead || this.#abort.signal.aborted) return undefined;
    return new Promise((release) => {
      const held = { event, release };
      const reader = this.#waiting.shift();
      if (!reader) {
        this.#held.push(held);
        return;
      }
      if (this.#waiting.length > 0) release(); // the next event was asked for already
      else this.#lastRead = held;
      reader.resolve({ value: event, done: false });
    });
  }

  #finish(failure: { readonly reason: unknown } | undefined): void {
    this.#isOver = true;
    this.#failure = this.#abort.signal.aborted ? undefined : failure; // whoever closed it knows
    for (const reader of this.#waiting.splice(0)) this.#ended().then(reader.resolve, reader.reject);
  }

  /** A failure is told once; after that the stream is at its end. */
  async #ended(): Promise<Next> {
    this.#isSpent = true;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.reason;
    return { value: undefined, done: true };
  }

  #letGo(): void {
    this.#lastRead?.release();
    for (const { release } of this.#held.splice(0)) release();
  }
}
