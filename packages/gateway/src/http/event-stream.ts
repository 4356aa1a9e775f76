/** Writing an answer piece by piece, as fast as it is read and no faster. */
import type { ServerResponse } from 'node:http';
import type { HeaderList } from './reply.ts';

export interface EventStreamOptions {
  /** The headers, once there is something to send. */
  readonly headers: () => HeaderList;
  /** How long a reader may take nothing before it is given up. */
  readonly stallMs: number;
}

/** The events of one answer. The head goes with the first of them, so that until then any status can still be told. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #options: EventStreamOptions;
  #isFramed = false;

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
    if (piece.length === 0 || response.destroyed) return undefined;
    if (!response.headersSent) this.#begin();
    return response.write(this.#isFramed ? framed(piece) : piece) ? undefined : this.#drained();
  }

  end(piece: string = ''): void {
    if (piece !== '') void this.write(piece);
    if (!this.hasBegun) return;
    if (this.#isFramed) this.#response.write('0\r\n\r\n');
    this.#response.end();
  }

  #begin(): void {
    const response = this.#response;
    const headers = this.#options.headers();
    headers.push('content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache', 'x-accel-buffering', 'no');
    response.writeHead(200, headers);
    // Node writes the frame of a piece in four pieces; one is a third of the work. A client of HTTP/1.0 gets no frames.
    this.#isFramed = response.chunkedEncoding;
    response.chunkedEncoding = false;
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

/** A chunk of a chunked body: RFC 9112, 7.1. */
function framed(piece: string | Uint8Array): Buffer {
  const length = typeof piece === 'string' ? Buffer.byteLength(piece) : piece.byteLength;
  const head = `${length.toString(16)}\r\n`;
  const frame = Buffer.allocUnsafe(head.length + length + 2);
  frame.write(head, 'latin1');
  if (typeof piece === 'string') frame.write(piece, head.length);
  else frame.set(piece, head.length);
  frame[head.length + length] = 13;
  frame[head.length + length + 1] = 10;
  return frame;
}
