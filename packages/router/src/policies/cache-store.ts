import { refuse } from '../options-check.ts';
import { warnOnce } from './warn-once.ts';
import { within } from './within.ts';

/** Where answers are kept, as text. A `Keyv` fits, with whatever store it stands for. */
export interface CacheStore {
  /** The value, or `undefined`, or a promise of either. */
  get(key: string): unknown;
  /** May return a promise. */
  set(key: string, value: string, ttlMs: number): unknown;
  delete?(key: string): unknown;
}

const pauseMs = 5_000;
const valid = 'an object with the methods get and set, such as a Keyv';

/**
 * A store that fails no request, and holds none up for long: after a failure it is left alone for five seconds, and the first one
 * is reported as a process warning.
 */
export class SafeStore implements CacheStore {
  readonly #store: CacheStore;
  readonly #timeoutMs: number;
  readonly #warn: (error: unknown) => void = warnOnce('The store of the cache');
  #pausedUntil = 0;

  constructor(store: CacheStore, timeoutMs: number = 1_000) {
    // An address is never shown: it may have a password in it.
    if (typeof store === 'string') throw new TypeError(`cache: store is a string; it must be ${valid}.`);
    const { get, set } = (store ?? {}) as Partial<CacheStore>;
    if (typeof get !== 'function' || typeof set !== 'function') refuse('cache', 'store', store, valid);
    this.#store = store;
    this.#timeoutMs = timeoutMs;
  }

  async get(key: string): Promise<string | undefined> {
    const value = await this.#use(() => this.#store.get(key));
    return typeof value === 'string' ? value : undefined;
  }

  /** A function is asked for the value only when there is somewhere to put it. */
  async set(key: string, value: string | (() => string), ttlMs: number): Promise<void> {
    await this.#use(() => this.#store.set(key, typeof value === 'string' ? value : value(), ttlMs));
  }

  async delete(key: string): Promise<void> {
    await this.#use(() => this.#store.delete?.(key));
  }

  async #use(call: () => unknown): Promise<unknown> {
    if (performance.now() < this.#pausedUntil) return undefined;
    try {
      const result = call();
      if (typeof result !== 'object' || result === null) return result;
      const over = await within(
        this.#timeoutMs,
        Promise.resolve(result).then((value: unknown) => ({ value })),
      );
      if (over) return over.value;
      throw new Error(`it did not answer within ${this.#timeoutMs} ms`);
    } catch (error) {
      this.#pausedUntil = performance.now() + pauseMs;
      this.#warn(error);
      return undefined;
    }
  }
}
