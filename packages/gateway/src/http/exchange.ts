/** One HTTP request as the routes see it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseBody, readBody } from './read-json.ts';
import type { Caller, Exchange } from './route.ts';

export interface ExchangeFacts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
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
  #signal: AbortSignal | undefined;

  constructor(facts: ExchangeFacts) {
    this.request = facts.request;
    this.response = facts.response;
    this.path = facts.path;
    this.callId = facts.callId;
    this.isIdShared = facts.isIdShared;
    this.caller = facts.caller;
    this.#maxBodyBytes = facts.maxBodyBytes;
  }

  get query(): URLSearchParams {
    const { url = '' } = this.request;
    const mark = url.indexOf('?');
    return new URLSearchParams(mark === -1 ? '' : url.slice(mark));
  }

  get signal(): AbortSignal {
    return (this.#signal ??= leaving(this.response));
  }

  async json(): Promise<Readonly<Record<string, unknown>>> {
    const text = await readBody(this.request, this.#maxBodyBytes);
    this.bodyLength = text.length;
    return parseBody(text);
  }
}

/** Aborts when the client leaves before it has its answer. */
function leaving(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const left = (): void => {
    if (!response.writableFinished) controller.abort();
  };
  if (response.destroyed) left();
  else response.once('close', left);
  return controller.signal;
}
