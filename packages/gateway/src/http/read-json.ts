/** The body of a request, which a stranger wrote. */
import type { IncomingMessage } from 'node:http';
import { badRequest, Refusal } from './refusal.ts';

/** Deeper than any request needs to be, and shallow enough for whatever walks it. */
const maxDepth = 200;

/** The bytes of the body, as text. @throws {Refusal} when there are too many, or they are packed. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const { 'content-encoding': encoding = 'identity' } = request.headers;
  if (encoding !== 'identity') {
    const message = 'The body must come as it is, without a content-encoding.';
    throw new Refusal({ status: 415, type: 'invalid_request_error', code: 'unsupported_encoding', message });
  }
  return readText(request, maxBytes);
}

/** @throws {Refusal} when it is no JSON object. */
export function parseBody(text: string): Readonly<Record<string, unknown>> {
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
    const pieces: Buffer[] = [];
    let size = 0;
    request.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size > maxBytes) {
        request.pause().removeAllListeners('data');
        reject(tooLarge(maxBytes));
      } else {
        pieces.push(piece);
      }
    });
    request.on('end', () => resolve((pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)).toString('utf8')));
    // A client that leaves is no bug of ours. Once the body is whole, this is heard by nobody.
    request.on('error', () => reject(badRequest('The client left before it had sent the whole body.', undefined, 'body_cut')));
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
    for (const node of level) gatherWithin(node, next);
    level = next;
  }
  return false;
}

/** By index and by name: a list of the values of every node would cost as much as the parsing did. */
function gatherWithin(node: object, into: object[]): void {
  if (Array.isArray(node)) {
    for (const value of node as readonly unknown[]) if (typeof value === 'object' && value !== null) into.push(value);
    return;
  }
  for (const name in node) {
    const value = (node as Readonly<Record<string, unknown>>)[name];
    if (typeof value === 'object' && value !== null) into.push(value);
  }
}
