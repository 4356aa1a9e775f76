/** Where a redirect leads: the rules of https://fetch.spec.whatwg.org/#http-redirect-fetch, as far as an API client needs them. */

import type { Ending } from './cancelled-by.ts';

export type PlainBody = string | Uint8Array | null;

/** A request whose body can be sent as often as needed. */
export interface PlainRequest {
  readonly url: URL;
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
  const location = answered.get('location') ?? '';
  const isWeb = URL.canParse(location, request.url.href) && /^https?:$/.test(new URL(location, request.url).protocol);
  if (!isWeb) throw new TypeError('fetch failed', { cause: new Error('redirected to no web address') });
  const url = new URL(location, request.url);

  const isPost = request.method === 'POST';
  const becomesGet = status === 303 ? request.method !== 'HEAD' : isPost && (status === 301 || status === 302);
  const dropped = [...(url.origin === request.url.origin ? [] : secrets), ...(becomesGet ? aboutTheBody : [])];
  const headers = request.headers.filter((_, at, all) => !dropped.includes(all[at - (at % 2)] ?? ''));
  return { ...request, url, headers, ...(becomesGet && { method: 'GET', body: null }) };
}
