/**
 * The port through which a run does whatever costs money, takes effect or is never the same twice. Plain steps just run;
 * a journal, or an engine for durable workflows, gives a finished step's result back in the place of running it again.
 */
import { untilAborted } from './abort.ts';
import { longestTimerMs } from './check.ts';
import type { CrewEvent } from './events.ts';
import type { JsonValue } from './model.ts';

export interface StepContext {
  /** The same for every try at this step of this run: hand it on where a request must not take effect twice. */
  readonly idempotencyKey: string;
  /** When earlier tries began that a crash cut off, in milliseconds since the epoch: they may have been billed. */
  readonly interruptedAt: readonly number[];
}

export interface StepFacts {
  /** A call of a model, which a crash may cut off when it has been billed. @default false */
  readonly asksModel?: boolean | undefined;
  /**
   * Resolves when the work may begin, which itself waits for it first. Steps that note the beginning of their work note it
   * after that, as nothing was asked before. @default it may begin at once
   */
  readonly ready?: (() => Promise<void>) | undefined;
}

/** Names are unique within a run, and the same when the run is taken up again. Steps never nest. */
export interface Steps {
  /** Does the work once. What it gives has to survive JSON; a step that throws is not finished. */
  readonly step: <Value>(name: string, work: (context: StepContext) => Promise<Value>, facts?: StepFacts) => Promise<Value>;
  /** Waits for so long since it was first asked to, however often the process has died meanwhile. */
  readonly sleep: (name: string, ms: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds since the epoch, when this was first asked. */
  readonly now: (name: string) => Promise<number>;
  /** A UUID, the same one whenever it is asked for. */
  readonly uuid: (name: string) => Promise<string>;
  /** A run that has failed is over: a failed step in the journal is not tried again. @default false, so that the run can be taken up again */
  readonly failuresAreFinal?: boolean | undefined;
  /** Waits for what somebody outside answers. @default such a wait is refused */
  readonly waitFor?: ((name: string, signal?: AbortSignal) => Promise<JsonValue>) | undefined;
  /** What the journal knows of the time, and so the same when the run is taken up again. @default that of day; the times of a task are then a step of it */
  readonly clock?: (() => number) | undefined;
  /** Told every event of the run, once. @default nobody */
  readonly emit?: ((event: CrewEvent) => void | Promise<void>) | undefined;
}

const never: readonly number[] = Object.freeze([]);

/** Most work never looks at its key. */
class PlainContext implements StepContext {
  readonly interruptedAt = never;
  readonly #runId: string;
  readonly #name: string;

  constructor(runId: string, name: string) {
    this.#runId = runId;
    this.#name = name;
  }

  get idempotencyKey(): string {
    return keyOf(this.#runId, this.#name);
  }
}

/** Steps that just run. */
export function plainSteps(runId: string): Steps {
  return {
    step: (name, work) => work(new PlainContext(runId, name)),
    sleep: (_name, ms, signal) => delay(ms, signal),
    now: async () => Date.now(),
    uuid: async () => crypto.randomUUID(),
  };
}

/** Fit for an HTTP header, whatever the names hold. */
export function keyOf(runId: string, name: string): string {
  return encodeURIComponent(`${runId}/${name}`);
}

/** Resolves after so many milliseconds, or rejects with the signal's reason; the timer never outlives the wait. */
export async function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const until = performance.now() + ms;
  for (let left = ms; left > 0; left = until - performance.now()) {
    let timer: NodeJS.Timeout | undefined;
    const wait = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(left, longestTimerMs));
    });
    try {
      await untilAborted(wait, signal);
    } finally {
      clearTimeout(timer);
    }
  }
}
