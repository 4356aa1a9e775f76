/** Lines at the end of a file, written by one writer at a time: what waits together is written and synced together. */
import { JournalError } from './journal.ts';

/** What is asked of a file: a `FileHandle` of node:fs/promises has it. */
export interface AppendFile {
  readonly appendFile: (data: string) => Promise<void>;
  readonly datasync: () => Promise<void>;
}

export class AppendLog {
  readonly #file: AppendFile;
  readonly #path: string;
  #waiting: string[] = [];
  #mustSync = false;
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #broken: JournalError | undefined;

  constructor(file: AppendFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Resolves when the line is with the system, which outlives the process, or with `sync` on the disk.
   *
   * @throws {JournalError} when it could not be written. From then on nothing is: a torn line may have nothing after it.
   */
  append(line: string, sync: boolean): Promise<void> {
    if (this.#broken) return Promise.reject(this.#broken);
    this.#waiting.push(line);
    this.#mustSync ||= sync;
    this.#next ??= this.#last = this.#last.then(
      () => this.#write(),
      () => this.#write(),
    );
    return this.#next;
  }

  /** Resolves when nothing is being written any more, well or not. */
  async settle(): Promise<void> {
    await this.#last.catch(() => undefined); // whoever wrote it was told
  }

  async #write(): Promise<void> {
    const lines = this.#waiting;
    const sync = this.#mustSync;
    this.#waiting = [];
    this.#mustSync = false;
    this.#next = undefined;
    if (this.#broken) throw this.#broken;
    try {
      await this.#file.appendFile(lines.join(''));
      if (sync) await this.#file.datasync();
    } catch (cause) {
      const { message } = cause as Error;
      this.#broken = new JournalError('not_written', `${this.#path} could not be written to: ${message}`, cause);
      throw this.#broken;
    }
  }
}
