/** Where a redirect leads: the rules of https://fetch.spec.whatwg.org/#http-redirect-fetch, as far as an API client needs them. */

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
/** What is meant for one host is nothing for the next. */
const secrets = ['authorization', 'proxy-authorization', 'cookie', 'host', 'x-api-key', 'api-key'];
const aboutTheBody = ['content-type', 'content-encoding', 'content-language', 'content-location', 'content-length'];

interface Answer {
  readonly status: number;
  readonly headers: Headers;
}

export function isRedirect({ status, headers }: Answer): boolean {
  return redirects.has(status) && headers.has('location');
}

/** The request that a redirect asks for. */
export function nextHop(request: PlainRequest, { status, headers: answered }: Answer): PlainRequest {
  const { to: from } = request;
  const location = answered.get('location') ?? '';
  const isWeb = URL.canParse(location, from.url.href) && /^https?:$/.test(new URL(location, from.url).protocol);
  if (!isWeb) throw new TypeError('fetch failed', { cause: new Error('redirected to no web address') });
  const to = addressOf(new URL(location, from.url));

  const isPost = request.method === 'POST';
  const becomesGet = status === 303 ? request.method !== 'HEAD' : isPost && (status === 301 || status === 302);
  const dropped = [...(to.origin === from.origin ? [] : secrets), ...(becomesGet ? aboutTheBody : [])];
  const headers = request.headers.filter((_, at, all) => !dropped.includes(all[at - (at % 2)] ?? ''));
  return { ...request, to, headers, ...(becomesGet && { method: 'GET', body: null }) };
}
