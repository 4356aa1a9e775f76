/**
 * How a worker that is told to stop leaves its runs to others: steps under way end, no other is begun, and a run without
 * one is given back to the server. A call that has been paid for is not made again elsewhere.
 */
import type { Steps } from '@rolecall/core';

/** What the server is told of a run that is given back: it asks the next worker. */
const reason = 'This worker is stopping: the run goes on at another, or when this one is back';

type EngineSteps = Steps & { readonly waitFor: NonNullable<Steps['waitFor']> };

export class HandOver {
  readonly #parts = new Set<Part>();
  #isStopping = false;

  /** For one run, as long as this worker has it. */
  join(steps: EngineSteps): Part {
    const part = new Part(steps, () => this.#parts.delete(part));
    this.#parts.add(part);
    if (this.#isStopping) part.stop();
    return part;
  }

  stop(): void {
    this.#isStopping = true;
    for (const part of this.#parts) part.stop();
  }
}

class Part {
  /** Those given, until the worker stops. */
  readonly steps: Steps;
  /** Rejects when the worker stops and nothing of this run is under way. */
  readonly givenBack: Promise<never>;
  readonly leave: () => void;
  #giveBack: (reason: Error) => void = () => undefined;
  #isStopping = false;
  #underWay = 0;

  constructor(steps: EngineSteps, leave: () => void) {
    this.leave = leave;
    this.givenBack = new Promise((_, reject) => {
      this.#giveBack = reject;
    });
    this.givenBack.catch(() => undefined); // the run may be over before anybody waits for it
    this.steps = {
      step: (name, work, facts) => this.#step(() => steps.step(name, work, facts)),
      sleep: (name, ms, signal) => steps.sleep(name, ms, signal),
      now: (name) => steps.now(name),
      uuid: (name) => steps.uuid(name),
      waitFor: (name, signal) => steps.waitFor(name, signal),
      clock: steps.clock,
      emit: steps.emit,
      failuresAreFinal: steps.failuresAreFinal,
    };
  }

  stop(): void {
    this.#isStopping = true;
    if (this.#underWay === 0) this.#giveBack(new Error(reason));
  }

  async #step<Value>(step: () => Promise<Value>): Promise<Value> {
    // It neither begins nor fails: the run does not learn of it, and is done again from its journal.
    if (this.#isStopping) return new Promise<never>(() => undefined);
    this.#underWay += 1;
    try {
      return await step();
    } finally {
      this.#underWay -= 1;
      if (this.#isStopping) this.stop();
    }
  }
}
