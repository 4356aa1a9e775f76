/** The cookie of whoever has given the master key to the dashboard. It holds an end and a signature: every gateway with that key knows it. */
import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { sameText } from '../keys/virtual-key.ts';

const cookieName = 'rolecall_session';
const lifeMs = 12 * 3_600_000;

export function sessionCookie(masterKey: string, headers: IncomingHttpHeaders, now: number = Date.now()): string {
  const until = String(now + lifeMs);
  return withAttributes(`${until}.${signature(masterKey, until)}`, lifeMs / 1_000, headers);
}

export function endedCookie(headers: IncomingHttpHeaders): string {
  return withAttributes('', 0, headers);
}

export function hasSession(masterKey: string, { cookie = '' }: IncomingHttpHeaders, now: number = Date.now()): boolean {
  const value = cookie
    .split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${cookieName}=`))
    ?.slice(cookieName.length + 1);
  const [until = '', signed = ''] = value?.split('.') ?? [];
  return sameText(signed, signature(masterKey, until)) && /^\d{13}$/.test(until) && Number(until) > now;
}

function signature(masterKey: string, until: string): string {
  return createHmac('sha256', masterKey).update(`rolecall dashboard until ${until}`).digest('base64url');
}

/** Over plain HTTP a browser would drop a `Secure` cookie; the proxy in front says what it was asked by. */
function withAttributes(value: string, seconds: number, headers: IncomingHttpHeaders): string {
  const secure = headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
  return `${cookieName}=${value}; Path=/ui; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}
