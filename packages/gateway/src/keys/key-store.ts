/** Where virtual keys are kept. */
import type { VirtualKey } from './virtual-key.ts';

export interface KeyStore {
  /** The key of that hash, if there is one: at once when it is known here. */
  find(id: string): VirtualKey | undefined | Promise<VirtualKey | undefined>;
  byName(name: string): VirtualKey | undefined;
  all(): readonly VirtualKey[];
  put(key: VirtualKey): void | Promise<void>;
  remove(id: string): void | Promise<void>;
  /** Those of the configuration, instead of those before. */
  configure(keys: readonly VirtualKey[]): void;
}

/** Keys of one process. Those made over the API end with it, unless somebody keeps them. */
export class MemoryKeyStore implements KeyStore {
  readonly #keys = new Map<string, VirtualKey>();
  /** Two of one name can come from two gateways, or from a file: they go by the first. Without it the other would go by nothing. */
  readonly #byName = new Map<string, readonly VirtualKey[]>();
  readonly #maxKeys = 100_000;

  find(id: string): VirtualKey | undefined {
    return this.#keys.get(id);
  }

  byName(name: string): VirtualKey | undefined {
    return this.#byName.get(name)?.[0];
  }

  all(): readonly VirtualKey[] {
    return [...this.#keys.values()];
  }

  /** @throws {RangeError} when there are too many. */
  put(key: VirtualKey): void {
    if (this.#keys.size >= this.#maxKeys && !this.#keys.has(key.id))
      throw new RangeError(`there are ${this.#maxKeys} keys already`);
    this.remove(key.id);
    this.#keys.set(key.id, key);
    this.#byName.set(key.name, [...(this.#byName.get(key.name) ?? []), key]);
  }

  remove(id: string): void {
    const key = this.#keys.get(id);
    this.#keys.delete(id);
    if (!key) return;
    const others = (this.#byName.get(key.name) ?? []).filter((one) => one.id !== id);
    if (others.length > 0) this.#byName.set(key.name, others);
    else this.#byName.delete(key.name);
  }

  configure(keys: readonly VirtualKey[]): void {
    for (const { id, isConfigured } of this.all()) if (isConfigured) this.remove(id);
    for (const key of keys) this.put(key);
  }
}
