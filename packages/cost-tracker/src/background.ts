/** Work that no request waits for. */
export class Background {
  readonly #running = new Set<Promise<void>>();

  /** Takes care of a failure, so that it never becomes an unhandled rejection. */
  run(work: Promise<unknown>, failed: (error: unknown) => void): void {
    const done = work.then(() => undefined, failed).finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  /** Resolves when nothing is left to do. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
