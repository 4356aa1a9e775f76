import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Step } from './bend.ts';
import type { FaultKind } from './faults.ts';
import type { ProviderName } from './provider.ts';
import type { Reply } from './wires/wire.ts';

/** A request the simulator has seen; filled in as it goes on. */
export interface SeenRequest {
  readonly provider: ProviderName;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** As received, keys included. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The parsed JSON; undefined when there was none. */
  readonly body: unknown;
  readonly model: string | undefined;
  readonly stream: boolean;
  /** The fault that struck it. */
  readonly fault: FaultKind | undefined;
  /** The client left before the answer was whole. */
  readonly closedByClient: boolean;
  /** What was answered; undefined while, or because, nothing was. */
  readonly status: number | undefined;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The longest body taken, in bytes: Anthropic's documented limit. */
const longestBody = 32_000_000;

/** One request and its answer on a socket. Every wait ends when the client leaves. */
export class Exchange {
  readonly seen: Writable<SeenRequest>;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #left = new AbortController();
  #endedByUs = false;

  constructor(provider: ProviderName, request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    this.seen = {
      provider,
      method: request.method ?? 'GET',
      path: (request.url ?? '/').split('?', 1)[0] ?? '/',
      headers: request.headers,
      at: Date.now(),
      body: undefined,
      model: undefined,
      stream: false,
      fault: undefined,
      closedByClient: false,
      status: undefined,
    };
    response.on('close', () => {
      this.seen.closedByClient = !this.#endedByUs && !response.writableFinished;
      this.#left.abort();
    });
    response.on('error', () => this.#left.abort()); // a write to a client that is gone
  }

  /** The whole body as text; undefined when it is longer than any provider takes. */
  async body(): Promise<string | undefined> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.#request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= longestBody) chunks.push(chunk);
    }
    return bytes > longestBody ? undefined : Buffer.concat(chunks).toString('utf8');
  }

  async wait(ms: number): Promise<void> {
    if (ms > 0) await delay(ms, undefined, { signal: this.#left.signal });
  }

  reply({ status, body }: Reply, headers: Readonly<Record<string, string>>): void {
    const isText = typeof body === 'string';
    const data = isText ? body : JSON.stringify(body);
    const type = isText ? (body.startsWith('<') ? 'text/html' : 'text/plain') : 'application/json';
    this.#head(status, { 'content-type': type, 'content-length': String(Buffer.byteLength(data)), ...headers });
    this.#response.end(data);
  }

  /** Sends half of a body that was promised whole, then cuts the connection or falls silent. */
  async half(body: string, headers: Readonly<Record<string, string>>, then: 'destroy' | 'hang'): Promise<void> {
    this.#head(200, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers });
    await this.#write(body.slice(0, Math.ceil(body.length / 2)));
    await (then === 'destroy' ? this.#destroyAfterWrites() : this.hang());
  }

  async stream(steps: Iterable<Step>, headers: Readonly<Record<string, string>>, intervalMs: number): Promise<void> {
    this.#head(200, headers);
    this.#response.flushHeaders();
    for (const step of steps) {
      if (step.do === 'wait') await this.wait(step.ms);
      else if (step.do === 'destroy') return this.#destroyAfterWrites();
      else if (step.do === 'hang') return this.hang();
      else await this.#write(step.data).then(() => this.wait(step.paced ? intervalMs : 0));
    }
    this.#response.end();
  }

  /** Until the client leaves. */
  async hang(): Promise<void> {
    if (!this.#left.signal.aborted) await once(this.#left.signal, 'abort');
  }

  /** The client sees a reset, not an end. */
  reset(): void {
    this.closing();
    this.#request.socket.resetAndDestroy();
  }

  /** What follows is the simulator's doing, not the client's. */
  closing(): void {
    this.#endedByUs = true;
  }

  get clientIsGone(): boolean {
    return this.#left.signal.aborted;
  }

  #head(status: number, headers: Readonly<Record<string, string>>): void {
    this.seen.status = status;
    this.#response.writeHead(status, headers);
  }

  /** Waits for a slow reader. */
  async #write(data: string): Promise<void> {
    this.#left.signal.throwIfAborted();
    if (!this.#response.write(data)) await once(this.#response, 'drain', { signal: this.#left.signal });
  }

  /** A socket destroyed at once would take back what was written just before. */
  async #destroyAfterWrites(): Promise<void> {
    this.closing();
    await new Promise<void>((resolve) => void this.#response.write('', () => resolve()));
    this.#request.socket.destroy();
  }
}
