/** One request and its answer on a pool, as undici tells of them, without a stream in between. */
import type { Dispatcher } from 'undici';
import { AnswerHeaders } from './answer-headers.ts';
import { type Ending, followEnding, unfollowEnding } from './cancelled-by.ts';
import type { Pool } from './pool.ts';
import type { PlainRequest } from './redirects.ts';

/** The head of an answer, and its body on the way. */
export interface Received {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly body: Incoming;
}

/** A body on its way. */
export interface Incoming {
  /** Takes the pieces, those first that have come already. May be called once. */
  read(reader: BodyReader): void;
  pause(): void;
  resume(): void;
  /** Closes the connection, unless all has come. */
  cancel(reason?: unknown): void;
}

export interface BodyReader {
  piece(bytes: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
}

/** Sends a request; resolves when the head of the answer is there. What is aborted rejects with the reason, at any time. */
export function exchange(pool: Pool, request: PlainRequest): Promise<Received> {
  const { to, method, headers, body, endings } = request;
  return new Promise((resolve, reject) => {
    for (const { aborted, reason } of endings) if (aborted) return reject(reason);
    const handler = new Exchange(endings, resolve, reject);
    pool.dispatch({ origin: to.origin, path: to.path, method, headers, body }, handler);
  });
}

/** Bytes that nobody reads yet: more than these wait at the sender. */
const heldBytes = 65_536;

type Controller = Dispatcher.DispatchController;

class Exchange implements Dispatcher.DispatchHandler, Incoming {
  readonly #endings: readonly Ending[];
  readonly #resolve: (received: Received) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onAbort = (): void => this.#abort(this.#endings.find(({ aborted }) => aborted)?.reason);
  #controller: Controller | undefined;
  #reader: BodyReader | undefined;
  #isPaused = false;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #hasHead = false;
  #ending: { readonly error?: unknown } | undefined;

  constructor(endings: readonly Ending[], resolve: (received: Received) => void, reject: (error: unknown) => void) {
    this.#endings = endings;
    this.#resolve = resolve;
    this.#reject = reject;
    for (const ending of endings) followEnding(ending, this.#onAbort);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#ending) controller.abort(this.#ending.error as Error); // aborted while it waited for a connection
  }

  onResponseStart(_: Controller, status: number, headers: Record<string, string | string[] | undefined>, text = ''): void {
    if (status < 200) return; // the head is yet to come
    this.#hasHead = true;
    const statusText = text || (process.getBuiltinModule('node:http').STATUS_CODES[status] ?? '');
    this.#resolve({ status, statusText, headers: new AnswerHeaders(headers), body: this });
  }

  onResponseData(controller: Controller, bytes: Uint8Array): void {
    if (this.#reader) return this.#reader.piece(bytes);
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > heldBytes) controller.pause();
  }

  onResponseEnd(): void {
    this.#end({});
  }

  onResponseError(_: Controller, error: Error): void {
    this.#end({ error });
  }

  read(reader: BodyReader): void {
    this.#reader = reader;
    for (const bytes of this.#held.splice(0)) reader.piece(bytes);
    if (this.#ending) this.#tell(reader, this.#ending);
    else if (!this.#isPaused) this.#controller?.resume(); // the first pieces may have been enough for now
  }

  pause(): void {
    this.#isPaused = true;
    this.#controller?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#controller?.resume();
  }

  cancel(reason?: unknown): void {
    this.#abort(reason ?? new DOMException('The body was cancelled', 'AbortError'));
  }

  #abort(reason: unknown): void {
    if (this.#ending) return;
    this.#end({ error: reason });
    this.#controller?.abort(reason as Error);
  }

  /** Only the first ending counts. */
  #end(ending: { readonly error?: unknown }): void {
    if (this.#ending) return;
    this.#ending = ending;
    for (const one of this.#endings) unfollowEnding(one, this.#onAbort);
    if (!this.#hasHead) this.#reject(this.#explained(ending.error, 'fetch failed'));
    else if (this.#reader) this.#tell(this.#reader, ending);
  }

  #tell(reader: BodyReader, ending: { readonly error?: unknown }): void {
    if ('error' in ending) reader.fail(this.#explained(ending.error, 'terminated'));
    else reader.end();
  }

  /** In the words of `fetch`, as SDKs and people go by them; what the caller aborted with is his. */
  #explained(error: unknown, words: string): unknown {
    const isOurs = this.#endings.some(({ aborted, reason }) => aborted && error === reason);
    return isOurs || error instanceof DOMException ? error : new TypeError(words, { cause: error });
  }
}
