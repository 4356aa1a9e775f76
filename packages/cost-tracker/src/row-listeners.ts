import { shown } from './check-options.ts';
import type { LedgerRow } from './row.ts';

/** Told of a row as soon as it is in the ledger. */
export type RowListener = (row: LedgerRow) => void | Promise<void>;

/** Who is told of new rows. What a listener throws stays here: it must not end somebody's request. */
export class RowListeners {
  readonly #listeners = new Set<RowListener>();
  readonly #failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** @throws {TypeError} when it is not a function. */
  add(listener: RowListener): () => void {
    if (typeof listener !== 'function') throw new TypeError(`onRow: ${shown(listener)} is not a function`);
    const own = (row: LedgerRow): void | Promise<void> => listener(row); // so that one function added twice is told twice, and removed once
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  tell(row: LedgerRow): void {
    for (const listener of this.#listeners) {
      try {
        listener(row)?.catch(this.#failed);
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}
