/** Where a server listens, and how it stops: no request that was begun is dropped before its time. */
import type { Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import type { HttpLayer } from './server.ts';

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
      // Out of file descriptors, say: without a listener the process would end.
      server.on('error', ({ code }: NodeJS.ErrnoException) =>
        process.emitWarning(`The gateway could not take a connection (${code}).`, 'RolecallWarning'),
      );
      const { port: taken } = server.address() as AddressInfo;
      resolve({ host, port: taken, url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}` });
    });
  });
}

/** Takes no more connections, and waits for the requests under way; those left after `graceMs` are cut. */
export async function drain({ server, connections }: HttpLayer, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  // To Node a connection is idle once its answer has been written, though a slow reader may not have it all yet.
  const idle = setInterval(() => !connections.areBusy && server.closeIdleConnections(), 50);
  await new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  clearTimeout(timer);
  clearInterval(idle);
  server.close(() => undefined); // it looks for connections that are too slow, for ever
}
