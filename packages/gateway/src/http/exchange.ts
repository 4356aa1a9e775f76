/** One HTTP request as the routes see it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from './connections.ts';
import { parseBody, readBody } from './read-json.ts';
import type { Caller, Exchange } from './route.ts';

export interface ExchangeFacts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly path: string;
  readonly callId: string;
  readonly isIdShared: boolean;
  readonly caller: Caller;
  readonly maxBodyBytes: number;
}

/** What few routes look at is made when they do. */
export class HttpExchange implements Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly callId: string;
  readonly isIdShared: boolean;
  readonly caller: Caller;
  bodyLength = 0;
  readonly #maxBodyBytes: number;
  readonly #connection: Connection;

  constructor(facts: ExchangeFacts) {
    this.request = facts.request;
    this.response = facts.response;
    this.path = facts.path;
    this.callId = facts.callId;
    this.isIdShared = facts.isIdShared;
    this.caller = facts.caller;
    this.#maxBodyBytes = facts.maxBodyBytes;
    this.#connection = facts.connection;
  }

  get query(): URLSearchParams {
    const { url = '' } = this.request;
    const mark = url.indexOf('?');
    return new URLSearchParams(mark === -1 ? '' : url.slice(mark));
  }

  get signal(): AbortSignal {
    return this.#connection.signal;
  }

  async json(): Promise<Readonly<Record<string, unknown>>> {
    const text = await readBody(this.request, this.#maxBodyBytes);
    this.bodyLength = text.length;
    return parseBody(text);
  }
}
