/**
 * One at a time, in an order that a replay repeats. Tasks and tools that run side by side go on in the order in which
 * their steps ended; the journal knows that order, but promises that are awaited each on its own do not follow it.
 */
import { setImmediate } from 'node:timers/promises';
import { RestatePromise } from '@restatedev/restate-sdk';

interface Waiting {
  readonly promise: RestatePromise<Settled>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

interface Settled {
  readonly waiting?: Waiting | undefined;
  readonly value?: unknown;
  readonly failure?: unknown;
}

/** A race of one costs what it takes to set up. */
function firstOf(promises: readonly RestatePromise<Settled>[]): RestatePromise<Settled> {
  const [only, ...others] = promises;
  return only && others.length === 0 ? only : RestatePromise.race(promises);
}

export class Turnstile {
  readonly #waiting = new Set<Waiting>();
  #wake: () => void = () => undefined;
  #isTurning = false;
  /** Steps have been under way side by side. */
  #isShared = false;

  /** Settles as the promise does, when it is its turn. */
  pass<Value>(promise: RestatePromise<Value>): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      const entry: { promise: RestatePromise<Settled> } & Omit<Waiting, 'promise'> = {
        promise: promise.map<Settled>((value, failure) => ({ waiting: entry, value, failure })),
        resolve: resolve as (value: unknown) => void,
        reject,
      };
      this.#waiting.add(entry);
      this.#isShared ||= this.#waiting.size > 1;
      this.#wake();
      if (!this.#isTurning) void this.#turn();
    });
  }

  async #turn(): Promise<void> {
    this.#isTurning = true;
    await setImmediate(); // who comes now is waited for in one race: the engine gives up a run that waits in two places
    while (this.#waiting.size > 0) {
      const joined = new Promise<Settled>((resolve) => {
        this.#wake = () => resolve({});
      });
      const first = firstOf([...this.#waiting].map(({ promise }) => promise));
      try {
        this.#deliver(await Promise.race([first, joined]));
      } catch (cancelled) {
        for (const entry of this.#waiting) entry.reject(cancelled);
        this.#waiting.clear();
      }
      if (this.#isShared) await setImmediate(); // whoever went through asks for its next step before anybody else goes
    }
    this.#isTurning = false;
  }

  #deliver({ waiting, value, failure }: Settled): void {
    if (!waiting || !this.#waiting.delete(waiting)) return; // somebody joined: all of them are waited for anew
    if (failure === undefined) waiting.resolve(value);
    else waiting.reject(failure);
  }
}
