/**
 * Where a redirect leads: the rules of https://fetch.spec.whatwg.org/#http-redirect-fetch, as far as an API client needs them, with one
 * more. It never leaves the origin that was asked: a prompt is for whom the user configured, and so are the headers that came with it.
 */

import type { Ending } from './cancelled-by.ts';

export type PlainBody = string | Uint8Array | null;

/** Where a request goes. A `URL` puts its parts together each time it is asked, and a client asks the same one again and again. */
export interface Address {
  readonly url: URL;
  readonly origin: string;
  readonly path: string;
}

export function addressOf(url: URL): Address {
  return { url, origin: url.origin, path: `${url.pathname}${url.search}` };
}

/** A request whose body can be sent as often as needed. */
export interface PlainRequest {
  readonly to: Address;
  readonly method: string;
  /** Names, in lower case, and values by turns. */
  readonly headers: string[];
  readonly body: PlainBody;
  readonly endings: readonly Ending[];
}

const redirects = new Set([301, 302, 303, 307, 308]);
export const mostRedirects = 20;
const aboutTheBody = ['content-type', 'content-encoding', 'content-language', 'content-location', 'content-length'];

interface Answer {
  readonly status: number;
  readonly headers: Headers;
}

export function isRedirect({ status, headers }: Answer): boolean {
  return redirects.has(status) && headers.has('location');
}

/** The request that a redirect asks for. @throws {TypeError} when it leads to where this request must not go. */
export function nextHop(request: PlainRequest, answer: Answer): PlainRequest {
  const to = addressOf(destination(request.to.url, answer));
  if (!becomesGet(request.method, answer)) return { ...request, to };
  const headers = request.headers.filter((_, at, all) => !aboutTheBody.includes(all[at - (at % 2)] ?? ''));
  return { ...request, to, headers, method: 'GET', body: null };
}

function destination(from: URL, { headers }: Answer): URL {
  const location = headers.get('location') ?? '';
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (!to || !/^https?:$/.test(to.protocol)) throw refused('redirected to no web address');
  if (to.origin === from.origin) return to;
  throw refused(
    `${from.origin} redirects to ${to.origin}, where nothing was sent: if that is right, configure it as the address`,
  );
}

/** In the words of `fetch`, with a code of our own: another try would be told the same. */
export function refused(reason: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(reason), { code: 'ERR_REDIRECT_REFUSED' }) });
}

function becomesGet(method: string, { status }: Answer): boolean {
  if (status === 303) return method !== 'HEAD';
  return method === 'POST' && (status === 301 || status === 302);
}

/** Another `fetch`, kept to the same rules. What a caller says of redirects himself holds; a `Request` is sent once, and to nobody else. */
export function withinOrigin(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init = {}) => {
    if (init.redirect !== undefined) return await fetch(input, init);
    if (typeof input !== 'string' && !(input instanceof URL)) return await fetch(input, { ...init, redirect: 'error' });
    let url = input;
    let request: RequestInit = init;
    for (let hops = 0; ; hops++) {
      const answer = await fetch(url, { ...request, redirect: 'manual' });
      if (!isRedirect(answer)) return answer;
      await answer.body?.cancel();
      if (hops === mostRedirects) throw refused('too many redirects');
      url = destination(new URL(url), answer);
      if (becomesGet((request.method ?? 'GET').toUpperCase(), answer)) request = withoutBody(request);
    }
  };
}

function withoutBody({ headers: given, ...init }: RequestInit): RequestInit {
  const headers = new Headers(given);
  for (const name of aboutTheBody) headers.delete(name);
  return { ...init, headers, method: 'GET', body: null };
}
