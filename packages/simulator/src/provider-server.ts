import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Exchange } from './exchange.ts';
import { HeldPort } from './held-port.ts';
import { serve } from './serve.ts';
import type { House } from './visit.ts';

const host = '127.0.0.1';

/** One provider's server on loopback. It keeps its port when it goes down and comes up again. */
export class ProviderServer {
  readonly #server: Server;
  readonly #open = new Set<Exchange>();
  #port: number;
  /** While it is down. */
  #held: HeldPort | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(house: House, port: number, onRequest: (exchange: Exchange) => void) {
    this.#port = port;
    this.#server = createServer((request, response) => {
      const exchange = new Exchange(house.provider, request, response);
      this.#open.add(exchange);
      response.on('close', () => this.#open.delete(exchange));
      onRequest(exchange);
      serve(exchange, house).catch((error: unknown) => {
        if (exchange.clientIsGone) return; // an abandoned wait, write or read
        exchange.reset();
        throw error; // a bug of ours: let the process know
      });
    });
  }

  get url(): string {
    return `http://${host}:${this.#port}`;
  }

  up(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#server.listening) return;
      await this.#release();
      await this.#listen();
    });
  }

  /**
   * Refuses connections from now on, and keeps the port.
   *
   * @throws {Error} when somebody has asked for just this port, and got it.
   */
  down(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#server.listening) return;
      await this.#stop();
      this.#held = await HeldPort.hold(this.#port, host);
    });
  }

  /** Closes the port and every connection. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#release();
      if (this.#server.listening) await this.#stop();
    });
  }

  /** One after the other: the port has one holder. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined); // told to whoever asked for it
    return done;
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async #stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const exchange of this.#open) exchange.closing();
    this.#server.closeAllConnections();
    await closed;
  }

  async #release(): Promise<void> {
    await this.#held?.release();
    this.#held = undefined;
  }
}
