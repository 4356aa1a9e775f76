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

/** Takes pieces straight from the connection, which is held while one is being waited for. */
class Reading implements BodyReader {
  readonly #body: Incoming;
  readonly #take: Take;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  /** What came while a piece was being waited for. */
  readonly #waiting: Uint8Array[] = [];
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
    if (this.#isBusy) return void this.#waiting.push(bytes);
    try {
      const taking = this.#take(bytes);
      if (taking) void this.#hold(taking);
    } catch (error) {
      this.#giveUp(error);
    }
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

  async #hold(taking: Promise<void>): Promise<void> {
    this.#isBusy = true;
    this.#body.pause();
    try {
      await taking;
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await this.#take(next);
    } catch (error) {
      return this.#giveUp(error);
    }
    this.#isBusy = false;
    if (this.#ending) this.#ending();
    else this.#body.resume();
  }

  #giveUp(error: unknown): void {
    this.#isOver = true;
    this.#reject(error);
    this.#body.cancel(error);
  }
}
