/** Reading the body of a response. */
import type { BodyReader, Incoming } from '../transport/exchange.ts';
import { incomingOf } from '../transport/response.ts';

type Take = (bytes: Uint8Array) => void | Promise<void>;

/**
 * Hands on the pieces of a body as they come, and waits for whoever takes them. If that fails the body is cancelled; a body that breaks
 * off fails with the error that `fetch` throws.
 */
export async function readBody(response: Response, take: Take): Promise<void> {
  const incoming = incomingOf(response);
  if (incoming) return await new Promise((resolve, reject) => incoming.read(new Reading(incoming, take, resolve, reject)));
  if (!response.body) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const taking = take(value);
      if (taking) await taking; // most pieces need no waiting for, and each would cost a turn
    }
  } catch (error) {
    reader.cancel(error).catch(() => {}); // one that broke off by itself says the same again
    throw error;
  }
}

/**
 * Takes what comes straight from the connection, which is held while a piece is being waited for. What came together is taken together:
 * one read of a connection brings dozens of pieces when the sender is fast, and each would have to be looked at and passed on by itself.
 */
class Reading implements BodyReader {
  readonly #body: Incoming;
  readonly #take: Take;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  #came: Uint8Array[] = [];
  /** What came is about to be taken, or is being waited for. */
  #isBusy = false;
  #isOver = false;
  #ending: (() => void) | undefined;

  constructor(body: Incoming, take: Take, resolve: () => void, reject: (error: unknown) => void) {
    this.#body = body;
    this.#take = take;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  piece(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#came.push(bytes);
    if (this.#isBusy) return;
    this.#isBusy = true;
    process.nextTick(this.#takeAll);
  }

  end(): void {
    this.#finish(this.#resolve);
  }

  fail(error: unknown): void {
    this.#finish(() => this.#reject(error));
  }

  /** What came before the end is taken first. */
  #finish(ending: () => void): void {
    if (this.#isOver) return;
    if (this.#isBusy) this.#ending = ending;
    else ending();
  }

  readonly #takeAll = (): void => {
    try {
      const taking = this.#take(this.#joined());
      if (taking) void this.#hold(taking);
      else this.#goOn();
    } catch (error) {
      this.#giveUp(error);
    }
  };

  #joined(): Uint8Array {
    const came = this.#came;
    this.#came = [];
    return came.length === 1 && came[0] ? came[0] : Buffer.concat(came);
  }

  async #hold(taking: Promise<void>): Promise<void> {
    this.#body.pause();
    try {
      await taking;
      while (this.#came.length > 0) await this.#take(this.#joined());
    } catch (error) {
      return this.#giveUp(error);
    }
    this.#goOn();
    if (!this.#ending) this.#body.resume();
  }

  #goOn(): void {
    this.#isBusy = false;
    this.#ending?.();
  }

  #giveUp(error: unknown): void {
    this.#isOver = true;
    this.#reject(error);
    this.#body.cancel(error);
  }
}
