import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Which answer each connection is at. */
export class Connections {
  readonly #latest = new Map<Socket, ServerResponse>();

  begin(response: ServerResponse): void {
    const { socket } = response.req;
    if (!this.#latest.has(socket)) socket.once('close', () => this.#latest.delete(socket));
    this.#latest.set(socket, response);
  }

  /** Part of an answer has gone out on this connection, and the rest has not. */
  isAnswering(socket: Socket): boolean {
    const response = this.#latest.get(socket);
    return response !== undefined && response.headersSent && !response.writableFinished;
  }

  /** Someone waits for an answer, or for the rest of one that a slow reader takes his time with. */
  get areBusy(): boolean {
    for (const response of this.#latest.values()) if (!response.writableFinished) return true;
    return false;
  }
}
