import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GatewayOptions {
  /** The path of a configuration file. */
  readonly config: string;
}

/** A router behind HTTP. */
export interface Gateway {
  /** Starts to listen, and says where. @default host '127.0.0.1' */
  listen(port: number, host?: string): Promise<{ readonly port: number; readonly host: string }>;
  close(): Promise<void>;
}

/** Makes a gateway out of a configuration file. */
export function createGateway(_options: GatewayOptions): Promise<Gateway> {
  const server = createServer((_, response) => response.writeHead(404).end());
  return Promise.resolve({
    listen: (port, host = '127.0.0.1') =>
      new Promise((resolve) => {
        server.listen(port, host, () => resolve({ port: (server.address() as AddressInfo).port, host }));
      }),
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  });
}
