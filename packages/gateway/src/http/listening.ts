/** Where a server listens, and how it stops: no request that was begun is dropped before its time. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:4000` */
  readonly url: string;
}

/** @throws {Error} what the system says when the port cannot be had. */
export function listenOn(server: Server, port: number, host: string): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const { port: taken } = server.address() as AddressInfo;
      resolve({ host, port: taken, url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}` });
    });
  });
}

/** Takes no more connections, and waits for the requests under way; those left after `graceMs` are cut. */
export function drain(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    // A connection that is kept alive would hold the server open once its request is over.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(timer);
      clearInterval(idle);
      resolve();
    });
  });
}
