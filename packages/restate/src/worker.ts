/** The HTTP/2 port of a worker, and its end. */
import { once } from 'node:events';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import { invalidOption, longestTimerMs } from './check.ts';

export interface Worker {
  readonly port: number;
  /**
   * Lets the calls under way end, begins no other, and gives the runs back to the server, which goes on with them at
   * another worker, or when this one is back.
   */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

export interface CloseOptions {
  /** How long calls under way may take: those that take longer are cut off, and made again elsewhere. @default 25_000 */
  readonly graceMs?: number | undefined;
}

export interface Serving {
  readonly handle: (request: Http2ServerRequest, response: Http2ServerResponse) => void;
  /** Begins no call any more. */
  readonly stop: () => void;
}

/** A run has a stream of its own, which ends with it. */
const runPath = /^\/invoke\/[^/]+\/run$/;

export async function listen({ handle, stop }: Serving, port: number, host: string): Promise<Worker> {
  const sessions = new Set<ServerHttp2Session>();
  const runs = new Set<Http2ServerResponse>();
  const http2 = createHttp2Server((request, response) => {
    if (runPath.test(request.url)) {
      runs.add(response);
      response.once('close', () => runs.delete(response));
    }
    handle(request, response);
  });
  http2.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined); // a connection that is reset: the server makes another
    session.once('close', () => sessions.delete(session));
  });
  // The door is a server of its own: closing Node's HTTP/2 server tells the other side to leave, and it drops its streams.
  const door = createServer((socket) => http2.emit('connection', socket)).listen(port, host);
  await once(door, 'listening');
  const close = async ({ graceMs = 25_000 }: CloseOptions = {}): Promise<void> => {
    if (!(graceMs >= 0)) throw invalidOption('close', 'graceMs', graceMs, 'a number of milliseconds, 0 or above');
    const closed = new Promise<void>((resolve) => door.close(() => resolve()));
    stop();
    await allClosed(runs, Math.min(graceMs, longestTimerMs)); // a longer timer would fire at once
    for (const session of sessions) session.destroy();
    await closed;
  };
  return { port: (door.address() as AddressInfo).port, close };
}

async function allClosed(responses: ReadonlySet<Http2ServerResponse>, mostMs: number): Promise<void> {
  const signal = AbortSignal.timeout(mostMs);
  try {
    for (const response of responses) await once(response, 'close', { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
