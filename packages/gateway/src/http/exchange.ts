/** One HTTP request as the routes see it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequest, Refusal } from './refusal.ts';
import type { Caller, Exchange } from './route.ts';

export type ExchangeFacts = Omit<Exchange, 'query' | 'json'> & { readonly maxBodyBytes: number };

/** What few routes look at is read when they do. */
export class HttpExchange implements Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly callId: string;
  readonly isIdShared: boolean;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  readonly #maxBodyBytes: number;

  constructor(facts: ExchangeFacts) {
    this.request = facts.request;
    this.response = facts.response;
    this.path = facts.path;
    this.callId = facts.callId;
    this.isIdShared = facts.isIdShared;
    this.caller = facts.caller;
    this.signal = facts.signal;
    this.#maxBodyBytes = facts.maxBodyBytes;
  }

  get query(): URLSearchParams {
    const { url = '' } = this.request;
    const mark = url.indexOf('?');
    return new URLSearchParams(mark === -1 ? '' : url.slice(mark));
  }

  json(): Promise<Readonly<Record<string, unknown>>> {
    return readJson(this.request, this.#maxBodyBytes);
  }
}

/** Deeper than any request needs to be, and shallow enough for whatever walks it. */
const maxDepth = 200;

async function readJson(request: IncomingMessage, maxBytes: number): Promise<Readonly<Record<string, unknown>>> {
  const { 'content-encoding': encoding = 'identity' } = request.headers;
  if (encoding !== 'identity') {
    const message = 'The body must come as it is, without a content-encoding.';
    throw new Refusal({ status: 415, type: 'invalid_request_error', code: 'unsupported_encoding', message });
  }
  const text = await readText(request, maxBytes);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw badRequest('The body is not valid JSON.', undefined, 'invalid_json'); // the parser's own words quote it
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badRequest('The body must be a JSON object.');
  if (isTooDeep(body)) throw badRequest(`The body is nested more than ${maxDepth} levels deep.`);
  return body as Readonly<Record<string, unknown>>;
}

function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.pause().removeAllListeners('data');
        reject(tooLarge(maxBytes));
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => resolve((chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)).toString('utf8')));
    request.on('error', reject);
    request.on('close', () => {
      if (!request.complete) reject(badRequest('The client left before it had sent the whole body.'));
    });
  });
}

function tooLarge(maxBytes: number): Refusal {
  const message = `The body is longer than ${maxBytes} bytes, which is the limit here.`;
  return new Refusal({ status: 413, type: 'invalid_request_error', code: 'request_too_large', message });
}

/** Level by level, without a call for each. */
function isTooDeep(body: object): boolean {
  let level: object[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= maxDepth) return true;
    const next: object[] = [];
    for (const node of level) {
      for (const value of Object.values(node)) if (typeof value === 'object' && value !== null) next.push(value as object);
    }
    level = next;
  }
  return false;
}
