import { checkOptions, countFromOne, type Rule } from '../options-check.ts';
import { type CancellableInit, endingsOf, noteOf, type Sent, withOneSignal } from './cancelled-by.ts';
import { acceptedEncodings } from './decompress.ts';
import { exchange } from './exchange.ts';
import { lazyPool, type Pool } from './pool.ts';
import type { PoolOptions } from './pool-options.ts';
import {
  type Address,
  addressOf,
  isRedirect,
  mostRedirects,
  nextHop,
  type PlainRequest,
  refused,
  withinOrigin,
} from './redirects.ts';
import { nobody, responseOf } from './response.ts';

export type PooledFetchOptions = PoolOptions;

const rules: Readonly<Record<keyof PoolOptions, Rule>> = {
  keepAliveMs: countFromOne,
  maxConnections: countFromOne,
  connectTimeoutMs: countFromOne,
  headersTimeoutMs: countFromOne,
  idleTimeoutMs: countFromOne,
};

/** Node's own, as it was when this module was loaded. */
const original = globalThis.fetch;
const keptOriginal = withinOrigin(original);

/**
 * One pool for all who ask for nothing special, as with `fetch` itself: adapters of one provider share its connections. It is made
 * at the first call and never changes.
 */
const sharedPool = lazyPool({});

/**
 * A `fetch` over undici's connection pool: the same answers at a fraction of the cost. It reads `HTTP_PROXY`, `HTTPS_PROXY` and
 * `NO_PROXY` at its first call, and never sends what is for this machine through a proxy. Forms and streams are left to `fetch`, and
 * so is everything while someone has replaced `globalThis.fetch`. A redirect to another origin is refused: what is sent goes to nobody
 * but whom it is for.
 *
 * @example
 * const client = new OpenAI({ fetch: pooledFetch() }); // as the adapters do with the clients they make
 *
 * @throws {TypeError} when an option is not valid.
 */
export function pooledFetch(options: PooledFetchOptions = {}): typeof fetch {
  checkOptions('pooledFetch', options, rules);
  const pool = Object.keys(options).length === 0 ? sharedPool : lazyPool(options);
  const readAddress = addressReader();
  return async (input, init: CancellableInit = {}) => {
    if (isReplaced()) return await withinOrigin(globalThis.fetch)(input, withOneSignal(init));
    const request = plainRequest(input, init, readAddress);
    const open = await pool();
    if (!request) return await keptOriginal(input, { ...withOneSignal(init), dispatcher: open } as RequestInit);
    noteOf(init)?.({ headers: new Headers(init.headers), again: repeatable(request, open) });
    return await follow(request, init.redirect ?? 'follow', open);
  };
}

/** The same request with another body. It keeps neither the first body nor what ended that. */
function repeatable({ to, method, headers }: PlainRequest, pool: Pool): Sent['again'] {
  return async (body, call) => {
    if (isReplaced()) return undefined;
    return await follow({ to, method, headers, body, endings: [call] }, 'follow', pool);
  };
}

/** Test tools and tracers put their own in the place of `fetch`, or of the dispatcher below it. */
function isReplaced(): boolean {
  if (globalThis.fetch !== original) return true;
  const dispatcher = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1')) as object | undefined;
  return dispatcher !== undefined && dispatcher.constructor.name !== 'Agent';
}

/** Reads an address of the web without a password. It remembers the last one: a client asks the same again and again. */
function addressReader(): (input: string | URL) => Address | undefined {
  let last: { readonly text: string; readonly to: Address | undefined } | undefined;
  return (input) => {
    const text = String(input);
    if (text === last?.text) return last.to;
    const url = new URL(text);
    const isPlain = /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
    last = { text, to: isPlain ? addressOf(url) : undefined };
    return last.to;
  };
}

/** The request, if its body is one that can be sent again. */
function plainRequest(
  input: string | URL | Request,
  init: RequestInit,
  readAddress: (input: string | URL) => Address | undefined,
): PlainRequest | undefined {
  const { method = 'GET', body = null } = init;
  const isPlainBody = body === null || typeof body === 'string' || body instanceof Uint8Array;
  if (!isPlainBody || (typeof input !== 'string' && !(input instanceof URL))) return undefined;
  const to = readAddress(input);
  if (!to) return undefined;

  const headers = headersOf(init, typeof body === 'string');
  return { to, method: method.toUpperCase(), headers, body, endings: endingsOf(init) };
}

const defaultHeaders = [
  ['accept', '*/*'],
  ['accept-encoding', acceptedEncodings],
  ['user-agent', 'node'],
] as const;

/** Names and values by turns, as undici takes them. */
function headersOf({ headers: init }: RequestInit, hasText: boolean): string[] {
  const given = init instanceof Headers ? init : new Headers(init);
  const headers: string[] = [];
  for (const [name, value] of given) if (name !== 'content-length') headers.push(name, value); // that is counted anew
  for (const [name, value] of defaultHeaders) if (!given.has(name)) headers.push(name, value);
  if (hasText && !given.has('content-type')) headers.push('content-type', 'text/plain;charset=UTF-8');
  return headers;
}

async function follow(first: PlainRequest, mode: NonNullable<RequestInit['redirect']>, pool: Pool): Promise<Response> {
  let request = first;
  for (let hops = 0; ; hops++) {
    const received = await exchange(pool, request);
    if (mode === 'manual' || !isRedirect(received))
      return responseOf(received, { url: request.to.url.href, redirected: hops > 0 });
    received.body.read(nobody);
    if (mode === 'error' || hops === mostRedirects)
      throw refused(mode === 'error' ? 'unexpected redirect' : 'too many redirects');
    request = nextHop(request, received);
  }
}
