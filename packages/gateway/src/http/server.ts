/** The HTTP server: one request in, one handler, and whatever it throws told in the words of the API that was asked. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Connection, Connections } from './connections.ts';
import { HttpExchange } from './exchange.ts';
import type { FindRoute } from './find-route.ts';
import { type Problem, problemOf } from './problem.ts';
import { sendProblem } from './reply.ts';
import type { Area, Caller, RefusedRequest } from './route.ts';

export interface ServerParts {
  readonly find: FindRoute;
  readonly admit: (request: IncomingMessage, area: Area) => Caller | Promise<Caller>;
  /** The body of an error, as the API of this path has it. */
  readonly problemBody: (problem: Problem, path: string, callId: string) => object;
  readonly onRefusal: (refused: RefusedRequest) => void;
  readonly maxBodyBytes: () => number;
}

/** How long a client may take to send its head, and its whole request. */
const headMs = 30_000;
const requestMs = 120_000;
/** Longer than load balancers keep a connection, which would otherwise send into a closed one. */
const keepAliveMs = 75_000;

export interface HttpLayer {
  readonly server: Server;
  readonly connections: Connections;
}

export function createHttpServer(parts: ServerParts): HttpLayer {
  const connections = new Connections();
  const server = createServer(
    { requestTimeout: requestMs, headersTimeout: headMs, keepAliveTimeout: keepAliveMs },
    (request, response) => {
      // A connection that is never idle would hold up a server that is to stop.
      if (!server.listening) response.shouldKeepAlive = false;
      serve(request, response, connections.begin(response), parts).catch((error: unknown) => {
        response.destroy(); // not even the error could be told, and that must not end the process
        const name = error instanceof Error ? error.name : typeof error;
        process.emitWarning(`A request failed, and so did telling of it (${name}).`, 'RolecallWarning');
      });
    },
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (connections.isAnswering(socket)) socket.destroy(); // what is said now would stand in the middle of that answer
    else refuseGarbage(error, socket);
  });
  return { server, connections };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection,
  parts: ServerParts,
): Promise<void> {
  const path = pathOf(request.url ?? '/');
  const sharedId = sharedIdOf(request);
  const callId = sharedId ?? randomUUID();
  const isIdShared = sharedId !== undefined;
  try {
    const route = parts.find(request.method ?? 'GET', path);
    const admitted = parts.admit(request, route.area);
    const caller = admitted instanceof Promise ? await admitted : admitted;
    await route.handle(
      new HttpExchange({
        request,
        response,
        connection,
        path,
        callId,
        isIdShared,
        caller,
        maxBodyBytes: parts.maxBodyBytes(),
      }),
    );
  } catch (error) {
    const problem = problemOf(error);
    parts.onRefusal({ callId, path, status: problem.status, code: problem.code, error });
    if (response.headersSent) response.destroy(); // half an answer must not look like a whole one
    else sendProblem(response, problem, parts.problemBody(problem, path, callId), ['x-rolecall-call-id', callId]);
  }
}

function pathOf(url: string): string {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Gateways behind one load balancer share the id that it gives to a request. */
function sharedIdOf({ headers }: IncomingMessage): string | undefined {
  const given = headers['x-rolecall-call-id'] ?? headers['x-litellm-call-id'];
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : undefined;
}

const statuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** What is no HTTP gets an answer that is, and no more of our time. */
function refuseGarbage({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy();
  const status = statuses[code] ?? '400 Bad Request';
  const body = JSON.stringify({
    error: { message: 'This is no HTTP request that can be read.', type: 'invalid_request_error', param: null, code: 'bad_http' },
  });
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
