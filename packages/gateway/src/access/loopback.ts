/** Without a master key the gateway is for this machine alone, and for no web page that is open on it. */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { Refusal } from '../http/refusal.ts';

/** It leads to this machine, whoever asks and whatever a name server says. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(name) === 4) return name.startsWith('127.');
  if (isIP(name) === 6) return name === '::1' || /^::ffff:(127\.|7f[0-9a-f]{2}:)/.test(name);
  return name === 'localhost' || name.endsWith('.localhost');
}

/** A page whose name was made to lead here has that name in `Host`. @throws {Refusal} */
export function checkHost({ host }: IncomingHttpHeaders): void {
  if (host === undefined || isLoopback(hostnameOf(host))) return; // no browser leaves it out
  throw forbidden('host_not_allowed', 'Without a master key the gateway answers only requests to localhost.');
}

/** There is no CORS: a page of another origin has no business here. @throws {Refusal} */
export function checkOrigin({ host = '', origin, 'sec-fetch-site': site }: IncomingHttpHeaders): void {
  const isForeign = origin !== undefined && originHost(origin) !== host.toLowerCase();
  if (isForeign || site === 'cross-site' || site === 'same-site') {
    throw forbidden('origin_not_allowed', 'The gateway takes no requests from pages of other origins.');
  }
}

/** A form can be posted from anywhere without asking first; JSON cannot. @throws {Refusal} */
export function checkJson(method: string | undefined, headers: IncomingHttpHeaders): void {
  if (method === 'GET' || method === 'HEAD') return;
  if (/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(headers['content-type'] ?? '')) return;
  throw new Refusal({
    status: 415,
    type: 'invalid_request_error',
    code: 'not_json',
    message: 'The body must be JSON: send the header content-type: application/json.',
  });
}

function forbidden(code: string, message: string): Refusal {
  return new Refusal({ status: 403, type: 'permission_error', code, message });
}

function hostnameOf(host: string): string {
  return host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : host.replace(/:\d*$/, '');
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined; // `null`, for one
}
