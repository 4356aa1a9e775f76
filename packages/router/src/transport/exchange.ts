/** One request and its answer on a pool, as undici tells of them, without a stream in between. */
import type { Dispatcher } from 'undici';
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
  const { url, method, headers, body, signals } = request;
  return new Promise((resolve, reject) => {
    for (const { aborted, reason } of signals) if (aborted) return reject(reason);
    const handler = new Exchange(signals, resolve, reject);
    pool.dispatch({ ...targetOf(url), method, headers, body }, handler);
  });
}

interface Target {
  readonly origin: string;
  readonly path: string;
}

/** A `URL` puts its parts together each time it is asked, and a client asks the same one again and again. */
const targets = new WeakMap<URL, Target>();

function targetOf(url: URL): Target {
  const known = targets.get(url) ?? { origin: url.origin, path: `${url.pathname}${url.search}` };
  targets.set(url, known);
  return known;
}

/** Bytes that nobody reads yet: more than these wait at the sender. */
const heldBytes = 65_536;

type Controller = Dispatcher.DispatchController;

class Exchange implements Dispatcher.DispatchHandler, Incoming {
  readonly #signals: readonly AbortSignal[];
  readonly #resolve: (received: Received) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onAbort = (): void => this.#abort(this.#signals.find(({ aborted }) => aborted)?.reason);
  #controller: Controller | undefined;
  #reader: BodyReader | undefined;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #hasHead = false;
  #ending: { readonly error?: unknown } | undefined;

  constructor(signals: readonly AbortSignal[], resolve: (received: Received) => void, reject: (error: unknown) => void) {
    this.#signals = signals;
    this.#resolve = resolve;
    this.#reject = reject;
    for (const signal of signals) signal.addEventListener('abort', this.#onAbort);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#ending) controller.abort(this.#ending.error as Error); // aborted while it waited for a connection
  }

  onResponseStart(_: Controller, status: number, headers: Record<string, string | string[] | undefined>, text = ''): void {
    if (status < 200) return; // the head is yet to come
    this.#hasHead = true;
    const statusText = text || (process.getBuiltinModule('node:http').STATUS_CODES[status] ?? '');
    this.#resolve({ status, statusText, headers: toHeaders(headers), body: this });
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
    else this.resume();
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
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
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#onAbort);
    if (!this.#hasHead) this.#reject(this.#explained(ending.error, 'fetch failed'));
    else if (this.#reader) this.#tell(this.#reader, ending);
  }

  #tell(reader: BodyReader, ending: { readonly error?: unknown }): void {
    if ('error' in ending) reader.fail(this.#explained(ending.error, 'terminated'));
    else reader.end();
  }

  /** In the words of `fetch`, as SDKs and people go by them; what the caller aborted with is his. */
  #explained(error: unknown, words: string): unknown {
    const isOurs = this.#signals.some(({ aborted, reason }) => aborted && error === reason);
    return isOurs || error instanceof DOMException ? error : new TypeError(words, { cause: error });
  }
}

function toHeaders(fields: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === 'string') headers.append(name, value);
    else for (const one of value ?? []) headers.append(name, one);
  }
  return headers;
}
