/** Writing whole answers. */
import type { ServerResponse } from 'node:http';
import { headersOf, type Problem } from './problem.ts';

export type Headers = Readonly<Record<string, string>>;

/** Names and values in turn, as they go out. */
export type HeaderList = string[];

export function sendJson(response: ServerResponse, status: number, body: object | string, headers: Headers = {}): void {
  sendText(response, status, typeof body === 'string' ? body : JSON.stringify(body), Object.entries(headers).flat());
}

/** JSON that is text already. Its headers are added to the list. */
export function sendText(response: ServerResponse, status: number, text: string, headers: HeaderList): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = Buffer.byteLength(text);
  headers.push('content-type', 'application/json', 'content-length', String(bytes));
  response.writeHead(status, headers);
  response.end(text, bytes === text.length ? 'latin1' : 'utf8'); // of ASCII alone both are the same, and one is a plain copy
}

/** An error. What the client has not sent yet is not waited for. */
export function sendProblem(response: ServerResponse, problem: Problem, body: object, headers: HeaderList = []): void {
  const unread = !response.req.complete;
  headers.push(...Object.entries(headersOf(problem)).flat());
  if (unread) headers.push('connection', 'close');
  sendText(response, problem.status, JSON.stringify(body), headers);
  if (unread) response.once('finish', () => response.req.destroy());
}
