import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What is known of the connections that there are. */
export class Connections {
  readonly #open = new Map<Socket, Connection>();

  /** Begins an answer on the connection of its request. */
  begin(response: ServerResponse): Connection {
    const { socket } = response.req;
    const connection = this.#open.get(socket) ?? this.#opened(socket);
    connection.latest = response;
    return connection;
  }

  #opened(socket: Socket): Connection {
    const connection = new Connection();
    if (socket.destroyed) connection.close();
    else {
      this.#open.set(socket, connection);
      socket.once('close', () => {
        this.#open.delete(socket);
        connection.close();
      });
    }
    return connection;
  }

  /** Part of an answer has gone out on this connection, and the rest has not. */
  isAnswering(socket: Socket): boolean {
    const response = this.#open.get(socket)?.latest;
    return response !== undefined && response.headersSent && !response.writableFinished;
  }

  /** Someone waits for an answer, or for the rest of one that a slow reader takes his time with. */
  get areBusy(): boolean {
    for (const { latest } of this.#open.values()) if (latest && !latest.writableFinished) return true;
    return false;
  }
}

/** One client's. */
export class Connection {
  /** The answer that it is at. */
  latest: ServerResponse | undefined;
  #controller: AbortController | undefined;
  #isClosed = false;

  /** Aborts when the client leaves. One for all requests of a connection: to make one takes longer than to read a body. */
  get signal(): AbortSignal {
    return (this.#controller ??= this.#begun()).signal;
  }

  close(): void {
    this.#isClosed = true;
    this.#controller?.abort();
  }

  #begun(): AbortController {
    const controller = new AbortController();
    if (this.#isClosed) controller.abort();
    return controller;
  }
}
