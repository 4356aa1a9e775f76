/** Writing answers, whole or piece by piece. */
import type { ServerResponse } from 'node:http';
import { headersOf, type Problem } from './problem.ts';

export type Headers = Readonly<Record<string, string>>;

export function sendJson(response: ServerResponse, status: number, body: object | string, headers: Headers = {}): void {
  if (response.headersSent || response.destroyed) return;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** An error. What the client has not sent yet is not waited for. */
export function sendProblem(response: ServerResponse, problem: Problem, body: object, headers: Headers = {}): void {
  const unread = !response.req.complete;
  sendJson(response, problem.status, body, { ...headers, ...headersOf(problem), ...(unread && { connection: 'close' }) });
  if (unread) response.once('finish', () => response.req.destroy());
}

export interface EventStreamOptions {
  /** The headers, once there is something to send. */
  readonly headers: () => Headers;
  /** How long a reader may take nothing before it is given up. */
  readonly stallMs: number;
}

/** The events of one answer. The head goes with the first of them, so that until then any status can still be told. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #options: EventStreamOptions;

  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.#response = response;
    this.#options = options;
  }

  get hasBegun(): boolean {
    return this.#response.headersSent;
  }

  /** A promise when the reader is slow: it resolves when he has caught up, or has left. */
  write(piece: string | Uint8Array): void | Promise<void> {
    const response = this.#response;
    if (response.destroyed || piece.length === 0) return undefined;
    if (!response.headersSent) {
      const usual = {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        'x-accel-buffering': 'no',
      };
      response.writeHead(200, { ...this.#options.headers(), ...usual });
    }
    return response.write(piece) ? undefined : this.#drained();
  }

  end(piece: string = ''): void {
    if (piece !== '') void this.write(piece);
    if (this.hasBegun) this.#response.end();
  }

  #drained(): Promise<void> {
    const response = this.#response;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        response.off('drain', done).off('close', done);
        resolve();
      };
      const timer = setTimeout(() => response.destroy(), this.#options.stallMs);
      response.once('drain', done).once('close', done);
    });
  }
}
