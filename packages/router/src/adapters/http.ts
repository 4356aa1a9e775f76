/** Facts about HTTP and its failures that all adapters share. */
import type { RateLimit, Usage } from '@rolecall/core';
import type { ModelErrorCode } from '../errors.ts';

/** What is known about one attempt so far. The adapter adds to it as it learns more; errors carry it. */
export interface Facts {
  readonly model: string;
  readonly local?: boolean | undefined;
  simulated?: boolean | undefined;
  requestId?: string | undefined;
  usage?: Usage | undefined;
  /** The request has left: from here on the provider may charge. */
  sent?: boolean | undefined;
}

/** Every response of `@rolecall/simulator` carries this header. */
const simulatorHeader = 'x-rolecall-simulator';

/** A simulator sent these headers, not the provider it stands for. */
export function isSimulated(headers: Headers | undefined): boolean {
  return headers?.has(simulatorHeader) ?? false;
}

/**
 * How long the provider asks us to wait: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date (RFC 9110, 10.2.3).
 * A wait that is over, negative or unreadable is no wait.
 */
export function retryAfterMs(headers: Headers | undefined): number | undefined {
  const inMilliseconds = positive(headers?.get('retry-after-ms'));
  if (inMilliseconds !== undefined) return inMilliseconds;
  const value = headers?.get('retry-after') ?? '';
  if (/^\s*[-+\d.]+\s*$/.test(value)) {
    const seconds = positive(value);
    return seconds === undefined ? undefined : seconds * 1_000;
  }
  return untilDate(value);
}

/** What is left of our allowance, by the `x-ratelimit-*` headers of OpenAI and Groq or the `anthropic-ratelimit-*` ones. */
export function rateLimit(headers: Headers): RateLimit | undefined {
  const count = (name: string): number | undefined => {
    const value = headers.get(name);
    return value === null || !/^\d+$/.test(value) ? undefined : Number(value);
  };
  const isAnthropic = headers.has('anthropic-ratelimit-requests-limit') || headers.has('anthropic-ratelimit-tokens-limit');
  const limit: RateLimit = isAnthropic
    ? {
        limitRequests: count('anthropic-ratelimit-requests-limit'),
        remainingRequests: count('anthropic-ratelimit-requests-remaining'),
        resetRequestsMs: untilDate(headers.get('anthropic-ratelimit-requests-reset')),
        limitTokens: count('anthropic-ratelimit-tokens-limit'),
        remainingTokens: count('anthropic-ratelimit-tokens-remaining'),
        resetTokensMs: untilDate(headers.get('anthropic-ratelimit-tokens-reset')),
      }
    : {
        limitRequests: count('x-ratelimit-limit-requests'),
        remainingRequests: count('x-ratelimit-remaining-requests'),
        resetRequestsMs: durationMs(headers.get('x-ratelimit-reset-requests')),
        limitTokens: count('x-ratelimit-limit-tokens'),
        remainingTokens: count('x-ratelimit-remaining-tokens'),
        resetTokensMs: durationMs(headers.get('x-ratelimit-reset-tokens')),
      };
  for (const name in limit) if (limit[name as keyof RateLimit] !== undefined) return limit;
  return undefined;
}

const exactCodes: Readonly<Record<number, ModelErrorCode>> = {
  401: 'auth',
  402: 'quota_exceeded',
  403: 'auth',
  404: 'not_found',
  405: 'not_found', // a wrong base URL
  407: 'auth', // a proxy's
  408: 'network', // the server gave up waiting for our request
  409: 'overloaded',
  410: 'not_found',
  413: 'context_too_long',
  429: 'rate_limited',
  498: 'overloaded', // Groq, when its flex tier is full
  499: 'network', // the server thinks that we hung up
  501: 'not_found', // whoever answers has no such thing
};

/** What a status alone says; the body of the answer may know better. */
export function codeForStatus(status: number): ModelErrorCode {
  if (status < 400) return 'not_found'; // it leads elsewhere, or nowhere: a wrong base URL
  return exactCodes[status] ?? (status >= 500 ? 'overloaded' : 'invalid_request');
}

const cannot = /(?:does|do) ?n[o']t support|not supported|unsupported|only supported (?:by|with|for)/i;

/** Not what is asked is wrong, but whom: another model may well have it. */
export function isUnsupported(code: ModelErrorCode, message: string | undefined): boolean {
  return code === 'invalid_request' && cannot.test(message ?? '');
}

/** How a connection failed. */
export interface NetworkFailure {
  readonly code: 'network' | 'not_found' | 'stream_cut' | 'attempt_timeout';
  /** `false` if the connection was never made. */
  readonly possiblyBilled: boolean;
}

const neverConnected =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EPROTO|UND_ERR_(?:CONNECT_TIMEOUT|PRX_TLS|SOCKS5\w*)|ERR_(?:SSL|TLS)_\w+|\w*CERT\w*|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/;
/** A handshake that broke off, and a proxy that would not connect. */
const beforeConnection = /^Client network socket disconnected before secure TLS|^Proxy response \(\d+\) !== 200/;
const brokenOff =
  /^(?:ECONNRESET|EPIPE|ETIMEDOUT|ECONNABORTED|HPE_\w+|UND_ERR_(?:SOCKET|HEADERS_\w+|ABORTED|DESTROYED|CLOSED|INFO))$/;
const cutMessages = new Set(['terminated', 'Premature close']); // `fetch` and `node-fetch`, once the answer had begun
const cutCodes = new Set(['UND_ERR_BODY_TIMEOUT', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);
const brokenMessages = new Set(['fetch failed', 'Connection error.', 'other side closed', 'socket hang up', 'network error']);

/** What `error`, or an error that caused it, says about the connection; `undefined` if it is about something else. */
export function networkError(error: unknown): NetworkFailure | undefined {
  const chain = causesOf(error);
  const has = (test: (cause: Cause) => boolean): boolean => chain.some(test);
  if (has(({ code }) => code === 'ERR_REDIRECT_REFUSED')) return { code: 'not_found', possiblyBilled: false }; // a wrong base URL
  if (has(isBeforeConnection)) return { code: 'network', possiblyBilled: false };
  if (has(({ message, code }) => cutMessages.has(message ?? '') || cutCodes.has(code ?? ''))) {
    return { code: 'stream_cut', possiblyBilled: true };
  }
  if (has(({ code, constructor }) => code === 'UND_ERR_HEADERS_TIMEOUT' || constructor?.name === 'APIConnectionTimeoutError')) {
    return { code: 'attempt_timeout', possiblyBilled: true }; // the time limit of a client
  }
  if (has(({ message, code }) => brokenOff.test(code ?? '') || brokenMessages.has(message ?? ''))) {
    return { code: 'network', possiblyBilled: true };
  }
  return undefined;
}

/** Nothing of the request was sent. */
function isBeforeConnection({ code = '', syscall, message = '' }: Cause): boolean {
  return neverConnected.test(code) || syscall === 'connect' || beforeConnection.test(message);
}

const sdkCodes: Readonly<Record<string, ModelErrorCode>> = {
  OpenAIError: 'not_configured', // the SDKs' own objections, a missing key for one
  GroqError: 'not_configured',
  AnthropicError: 'not_configured',
  OAuthError: 'auth',
  SubjectTokenProviderError: 'auth',
  APIUserAbortError: 'aborted', // by a signal of the client's own
  RetryableError: 'network', // a middleware's way to say try again
};

/** What an error of an SDK means that is about no answer. */
export function sdkErrorCode(error: unknown): ModelErrorCode | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.message.startsWith('Could not resolve authentication method')) return 'not_configured';
  const { name } = error.constructor;
  return Object.hasOwn(sdkCodes, name) ? sdkCodes[name] : undefined;
}

interface Cause {
  readonly code?: string;
  readonly syscall?: string;
  readonly message?: string;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** The error and what caused it, at most ten deep: a chain may be circular. */
function causesOf(error: unknown, depth = 0): readonly Cause[] {
  if (typeof error !== 'object' || error === null || depth > 10) return [];
  const found = error as Cause;
  const tried: readonly unknown[] = Array.isArray(found.errors) ? found.errors : []; // an AggregateError has one for each address
  return [found, ...[found.cause, ...tried].flatMap((cause) => causesOf(cause, depth + 1))];
}

/** Loopback, private and link-local addresses, names of one word, and `*.localhost`, `*.local`, `*.internal`. */
export function isLocalHost(url: string): boolean {
  const withScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(url) ? url : `http://${url}`;
  if (!URL.canParse(withScheme)) return false;
  const host = new URL(withScheme).hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (host.includes(':')) return isLocalIPv6(host);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return isLocalIPv4(host);
  return host !== '' && (!host.includes('.') || /\.(?:localhost|local|internal)$/.test(host));
}

function isLocalIPv4(host: string): boolean {
  const [a = 0, b = 0] = host.split('.').map(Number);
  if (host === '0.0.0.0' || a === 127 || a === 10) return true;
  return (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254);
}

function isLocalIPv6(host: string): boolean {
  const mapped = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(host); // an IPv4 address in IPv6's clothes
  if (mapped) {
    const [high = 0, low = 0] = mapped.slice(1).map((half) => Number.parseInt(half, 16));
    return isLocalIPv4([high >> 8, high & 255, low >> 8, low & 255].join('.'));
  }
  return host === '::1' || host === '::' || /^f[cd]/.test(host) || /^fe[89ab]/.test(host);
}

function positive(value: string | null | undefined): number | undefined {
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) && number > 0 ? number : undefined;
}

/** Milliseconds until a date, if it lies ahead. */
function untilDate(value: string | null): number | undefined {
  const wait = Date.parse(value ?? '') - Date.now();
  return wait > 0 ? wait : undefined; // NaN is not above 0
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `6m0s`, `1.5s`, `20ms`; a bare number is seconds. */
export function durationMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  const [, count, unit = 's'] = /^([\d.]+)(ms|[smhd])?$/.exec(value) ?? []; // as nearly all of them are
  if (count !== undefined) return Number(count) * (unitMs[unit] ?? Number.NaN);
  if (!/^(?:[\d.]+(?:ms|[smhd])?)+$/.test(value)) return undefined;
  const pieces = value.matchAll(/([\d.]+)(ms|[smhd])?/g);
  return [...pieces].reduce((total, [, some, of = 's']) => total + Number(some) * (unitMs[of] ?? Number.NaN), 0);
}
