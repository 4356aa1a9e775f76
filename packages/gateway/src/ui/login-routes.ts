/** How whoever has the master key gets a session in the browser, and ends it. */
import type { IncomingMessage } from 'node:http';
import { checkJson, checkOrigin } from '../access/loopback.ts';
import { endedCookie, sessionCookie } from '../access/session.ts';
import type { Tries } from '../access/tries.ts';
import { Refusal } from '../http/refusal.ts';
import { sendJson } from '../http/reply.ts';
import type { Exchange, Route } from '../http/route.ts';
import { sameText } from '../keys/virtual-key.ts';

export interface LoginOptions {
  readonly masterKey: () => string | undefined;
  readonly tries: Tries;
}

export function loginRoutes(options: LoginOptions): readonly Route[] {
  return [
    { method: 'POST', path: '/ui/login', area: 'open', handle: (exchange) => login(exchange, options) },
    { method: 'POST', path: '/ui/logout', area: 'open', handle: logout },
  ];
}

/** A foreign page could not read the answer, but it could use up the tries, or end a session. */
function fromThePage({ method, headers }: IncomingMessage): void {
  checkOrigin(headers);
  checkJson(method, headers);
}

async function login(exchange: Exchange, { masterKey, tries }: LoginOptions): Promise<void> {
  const { request, response } = exchange;
  fromThePage(request);
  const expected = masterKey();
  if (expected === undefined) return sendJson(response, 200, { ok: true, note: 'there is no master key' });
  const address = request.socket.remoteAddress ?? '';
  tries.count(address);
  const { key } = await exchange.json();
  if (typeof key !== 'string' || !sameText(key, expected)) {
    throw new Refusal({
      status: 401,
      type: 'authentication_error',
      code: 'invalid_api_key',
      message: 'That is not the master key.',
    });
  }
  tries.forgive(address);
  sendJson(response, 200, { ok: true }, { 'set-cookie': sessionCookie(expected, request.headers), 'cache-control': 'no-store' });
}

function logout({ request, response }: Exchange): void {
  fromThePage(request);
  sendJson(response, 200, { ok: true }, { 'set-cookie': endedCookie(request.headers) });
}
