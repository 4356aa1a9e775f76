import type { LedgerRow } from '../row.ts';
import { bytesOf, LineBuffer, linesIn, type Chunk } from './line-buffer.ts';
import { RowLines } from './row-line.ts';
import { Segments } from './segments.ts';

export interface LedgerFileOptions {
  readonly folder: string;
  /** `each`: a row is on the disk when `append` returns. `batch`: when `flush` resolves. */
  readonly durability: 'batch' | 'each';
  /** Hears why the disk refused, and its rows wait, or why a row makes no line, and is lost. */
  readonly onFault: (error: unknown, rows: 'wait' | 'lost') => void;
  /** A file that would grow longer is followed by another. @default 16 MiB */
  readonly segmentBytes?: number | undefined;
}

const batchMs = 50;
const retryMs = 1_000;
/** Bytes that may wait: beyond that a burst is written at once, and a disk that refuses or hangs costs the oldest rows. */
const maxWaiting = 16 * 1024 * 1024;
const hangsAfterMs = 30_000;

/** Appends rows to a folder. Nothing is thrown into a call: a disk that refuses is the business of `flush`. */
export class LedgerFile {
  readonly #segments: Segments;
  readonly #each: boolean;
  readonly #onFault: LedgerFileOptions['onFault'];
  readonly #beforeExit = (): void => void this.flush().catch(() => undefined); // onFault has heard of it
  readonly #atExit = (): void => this.#saveAtExit();
  readonly #waiting: LineBuffer<LedgerRow>;
  #writing: { readonly chunks: readonly Chunk[]; readonly since: number; done: Promise<void> } | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The last write failed: the next one is not before its time. */
  #refused = false;
  #armed = false;
  #appended = 0;
  #written = 0;
  #lost = 0;
  #lossesTold = 0;

  constructor({ folder, durability, onFault, segmentBytes = 16 * 1024 * 1024 }: LedgerFileOptions) {
    this.#segments = new Segments(folder, segmentBytes);
    this.#each = durability === 'each';
    this.#onFault = onFault;
    const lines = new RowLines();
    this.#waiting = new LineBuffer({ lineOf: (row) => lines.of(row), onRefused: (error) => this.#refuse(error) });
  }

  /** What the names of this ledger's own files begin with. */
  get prefix(): string {
    return this.#segments.prefix;
  }

  append(row: LedgerRow): void {
    this.#appended += 1;
    this.#waiting.push(row);
    this.#arm();
    if (this.#waiting.bytes > maxWaiting) this.#relieve();
    else if (this.#each && !this.#refused) this.#tryNow();
    else this.#schedule();
  }

  /**
   * Resolves when every row appended so far is on the disk.
   *
   * @throws {Error} when the disk refuses, or rows were lost: it refused for too long, or they could not be written as
   *   JSON. What is not lost is tried again.
   */
  async flush(): Promise<void> {
    const upTo = this.#appended;
    const told = this.#lossesTold;
    while (this.#written + this.#lost < upTo) {
      if (this.#each) this.#writeNow();
      else await this.#write();
    }
    if (this.#lost === told) return;
    this.#lossesTold = this.#lost;
    throw new Error(
      `The ledger has lost ${this.#lost - told} rows: its disk refused for too long, or they cannot be written as JSON`,
    );
  }

  /** One write at a time. It takes with it all that waits; what comes meanwhile is for the next. */
  #write(): Promise<void> {
    if (this.#writing) return this.#writing.done;
    const chunks = this.#take();
    const done = this.#segments
      .append(bytesOf(chunks))
      .finally(() => (this.#writing = undefined))
      .then(
        () => this.#succeeded(chunks),
        (error: unknown) => this.#failed(chunks, error),
      );
    this.#writing = { chunks, since: performance.now(), done };
    return done;
  }

  #writeNow(): void {
    const chunks = this.#take();
    try {
      this.#segments.appendSync(bytesOf(chunks));
    } catch (error) {
      this.#failed(chunks, error);
    }
    this.#succeeded(chunks);
  }

  #tryNow(): void {
    try {
      this.#writeNow();
    } catch {
      // onFault has heard of it, and it is tried again.
    }
  }

  /** Memory is bounded, and calls go on. */
  #relieve(): void {
    const hangs = this.#writing !== undefined && performance.now() - this.#writing.since > hangsAfterMs;
    if (this.#refused || hangs) {
      this.#drop();
      return;
    }
    if (this.#writing) this.#segments.turnPage(); // a write that is under way has the present file for itself
    this.#tryNow();
  }

  #drop(): void {
    const lines = this.#waiting.drop(maxWaiting); // first: on the way it may come upon rows that make no line, which count as well
    this.#lost += lines;
  }

  #take(): readonly Chunk[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#waiting.take();
  }

  #succeeded(chunks: readonly Chunk[]): void {
    this.#refused = false;
    this.#written += linesIn(chunks);
    this.#waiting.recycle(chunks);
    if (!this.#waiting.isEmpty) this.#schedule();
    else if (!this.#writing) this.#disarm();
  }

  /** One row that makes no line: the others are written. */
  #refuse(error: unknown): void {
    this.#lost += 1;
    this.#onFault(error, 'lost');
  }

  /** What was not written waits again, as far as there is room for it. */
  #failed(chunks: readonly Chunk[], error: unknown): never {
    this.#refused = true;
    this.#waiting.putBack(chunks);
    this.#drop();
    this.#schedule();
    this.#onFault(error, 'wait');
    throw error;
  }

  /** The timer keeps no process alive: one that ends writes what waits before it does. */
  #schedule(): void {
    if (this.#timer !== undefined || this.#writing) return;
    const retry = (): void => (this.#each ? this.#tryNow() : void this.#write().catch(() => undefined));
    this.#timer = setTimeout(retry, this.#refused ? retryMs : batchMs).unref();
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    process.once('beforeExit', this.#beforeExit); // only once: a disk that refuses for ever must not keep a process for ever
    process.once('exit', this.#atExit);
  }

  #disarm(): void {
    this.#armed = false;
    process.removeListener('beforeExit', this.#beforeExit);
    process.removeListener('exit', this.#atExit);
  }

  /** A process that exits at once may cut short what is under way: it is written again, in a file of its own, and read once. */
  #saveAtExit(): void {
    const chunks = [...(this.#writing?.chunks ?? []), ...this.#waiting.take()];
    this.#segments.turnPage();
    try {
      this.#segments.appendSync(bytesOf(chunks));
    } catch (error) {
      this.#onFault(error, 'lost');
    }
  }
}
