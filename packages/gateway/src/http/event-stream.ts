/** Writing an answer piece by piece, as fast as it is read and no faster. */
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
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
  /** Where pieces go: past the response once it has a socket of its own, as it would take a turn of the loop for each. */
  #to: Writable;
  #isFramed = false;

  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.#response = response;
    this.#options = options;
    this.#to = response;
  }

  get hasBegun(): boolean {
    return this.#response.headersSent;
  }

  /** A promise when the reader is slow: it resolves when he has caught up, or has left. */
  write(piece: string | Uint8Array): void | Promise<void> {
    const response = this.#response;
    if (piece.length === 0 || response.destroyed) return undefined;
    if (response.headersSent) return this.#put(piece) ? undefined : this.#drained(this.#to);
    this.#begin();
    const isTaken = this.#put(piece);
    if (this.#isFramed && response.socket) this.#to = response.socket;
    return isTaken ? undefined : this.#drained(response);
  }

  end(piece: string = ''): void {
    if (piece !== '') void this.write(piece);
    if (!this.hasBegun) return;
    if (this.#isFramed) this.#to.write('0\r\n\r\n', 'latin1');
    this.#response.end();
  }

  #begin(): void {
    const response = this.#response;
    const headers = this.#options.headers();
    headers.push('content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache', 'x-accel-buffering', 'no');
    response.writeHead(200, headers);
    // Node writes a piece and its frame in four pieces; one costs half as much. A client of HTTP/1.0 gets no frames.
    this.#isFramed = response.chunkedEncoding;
    response.chunkedEncoding = false;
  }

  /** A chunk of a chunked body: RFC 9112, 7.1. As text, even of bytes: one string is written with less ado than a buffer. */
  #put(piece: string | Uint8Array): boolean {
    if (!this.#isFramed) return this.#to.write(piece);
    if (typeof piece === 'string') return this.#to.write(`${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`, 'utf8');
    const { buffer, byteOffset, byteLength } = piece;
    const text = Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
    return this.#to.write(`${byteLength.toString(16)}\r\n${text}\r\n`, 'latin1');
  }

  #drained(to: Writable): Promise<void> {
    const response = this.#response;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        to.off('drain', done);
        response.off('close', done);
        resolve();
      };
      const timer = setTimeout(() => response.destroy(), this.#options.stallMs);
      to.once('drain', done);
      response.once('close', done);
    });
  }
}
