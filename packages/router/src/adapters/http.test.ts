import { describe, expect, test, vi } from 'vitest';
import { codeForStatus, isLocalHost, isSimulated, networkError, rateLimit, retryAfterMs } from './http.ts';

const at = Date.parse('2026-11-22T12:00:00Z');

describe('retryAfterMs', () => {
  test.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '1.5' }, 1_500],
    [{ 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '7' }, 7_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:20 GMT' }, 20_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 11:59:00 GMT' }, undefined],
    [{ 'retry-after': '-3' }, undefined],
    [{ 'retry-after': '0' }, undefined],
    [{ 'retry-after': 'later' }, undefined],
    [{}, undefined],
  ])('reads %j as %s', (headers, wait) => {
    vi.useFakeTimers({ now: at });

    const read = retryAfterMs(new Headers(headers));
    vi.useRealTimers();

    expect(read).toBe(wait);
  });

  test('is undefined when there are no headers', () => {
    expect(retryAfterMs(undefined)).toBeUndefined();
  });
});

describe('rateLimit', () => {
  test('reads the headers of OpenAI and Groq, whose resets are durations', () => {
    const limit = rateLimit(
      new Headers({
        'x-ratelimit-limit-requests': '60',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '6m0.5s',
        'x-ratelimit-limit-tokens': '150000',
        'x-ratelimit-remaining-tokens': '149984',
        'x-ratelimit-reset-tokens': '20ms',
      }),
    );

    expect(limit).toEqual({
      limitRequests: 60,
      remainingRequests: 0,
      resetRequestsMs: 360_500,
      limitTokens: 150_000,
      remainingTokens: 149_984,
      resetTokensMs: 20,
    });
  });

  test('reads the headers of Anthropic, whose resets are dates', () => {
    vi.useFakeTimers({ now: at });

    const limit = rateLimit(
      new Headers({
        'anthropic-ratelimit-requests-limit': '50',
        'anthropic-ratelimit-requests-remaining': '49',
        'anthropic-ratelimit-requests-reset': '2026-11-22T12:00:02Z',
        'anthropic-ratelimit-tokens-limit': '40000',
      }),
    );
    vi.useRealTimers();

    expect(limit).toEqual({ limitRequests: 50, remainingRequests: 49, resetRequestsMs: 2_000, limitTokens: 40_000 });
  });

  test('leaves out what cannot be read, and is undefined when nothing can', () => {
    expect(rateLimit(new Headers({ 'x-ratelimit-limit-requests': 'many', 'x-ratelimit-reset-tokens': 'soon' }))).toBeUndefined();
  });
});

test.each([
  [400, 'invalid_request'],
  [304, 'not_found'],
  [401, 'auth'],
  [402, 'quota_exceeded'],
  [403, 'auth'],
  [404, 'not_found'],
  [407, 'auth'],
  [408, 'network'],
  [413, 'context_too_long'],
  [422, 'invalid_request'],
  [429, 'rate_limited'],
  [418, 'invalid_request'],
  [498, 'overloaded'],
  [500, 'overloaded'],
  [529, 'overloaded'],
])('HTTP %i is %s', (status, code) => {
  expect(codeForStatus(status)).toBe(code);
});

const caused = (message: string, cause: object) => new Error(message, { cause });
const coded = (code: string) => Object.assign(new Error(code), { code });

describe('networkError', () => {
  test.each([
    ['a refused connection', caused('Connection error.', caused('fetch failed', coded('ECONNREFUSED'))), 'network', false],
    ['an unknown host', caused('fetch failed', coded('ENOTFOUND')), 'network', false],
    ['every address of a host refusing', caused('fetch failed', new AggregateError([coded('ECONNREFUSED')])), 'network', false],
    ['a certificate that is not valid', caused('fetch failed', coded('CERT_HAS_EXPIRED')), 'network', false],
    ['a server that does not speak TLS', caused('fetch failed', coded('ERR_SSL_WRONG_VERSION_NUMBER')), 'network', false],
    ['a connection that was reset as it was made', Object.assign(coded('ECONNRESET'), { syscall: 'connect' }), 'network', false],
    [
      'a machine out of sockets',
      caused('fetch failed', Object.assign(coded('EMFILE'), { syscall: 'connect' })),
      'network',
      false,
    ],
    ['a connection that took too long', caused('fetch failed', coded('UND_ERR_CONNECT_TIMEOUT')), 'network', false],
    ['a reset', caused('Connection error.', caused('fetch failed', coded('ECONNRESET'))), 'network', true],
    [
      'a socket closed early',
      caused('fetch failed', Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })),
      'network',
      true,
    ],
    ['a body cut short', Object.assign(new TypeError('terminated'), { cause: coded('UND_ERR_SOCKET') }), 'stream_cut', true],
    ['a body gone silent', caused('terminated', coded('UND_ERR_BODY_TIMEOUT')), 'stream_cut', true],
  ])('knows %s', (_, error, code, possiblyBilled) => {
    expect(networkError(error)).toEqual({ code, possiblyBilled });
  });

  test("knows the time limit of a client of the user's", () => {
    class APIConnectionTimeoutError extends Error {}

    expect(networkError(new APIConnectionTimeoutError('Request timed out.'))).toEqual({
      code: 'attempt_timeout',
      possiblyBilled: true,
    });
  });

  test('says nothing of a bug, of a text, or of a chain without end', () => {
    const circular = new Error('round');
    circular.cause = circular;

    expect(networkError(new TypeError("Cannot read properties of undefined (reading 'x')"))).toBeUndefined();
    expect(networkError('fetch failed')).toBeUndefined();
    expect(networkError(Object.assign(new Error('invalid'), { code: 17, errors: { name: 'required' } }))).toBeUndefined();
    expect(networkError(circular)).toBeUndefined();
  });
});

test.each([
  'http://localhost:11434',
  'localhost:11434',
  '127.0.0.1:11434',
  'http://127.8.8.8/v1',
  'http://10.1.2.3',
  'http://172.16.0.1',
  'http://172.31.255.255',
  'http://192.168.1.10:8000/v1',
  'http://169.254.1.1',
  'http://0.0.0.0:8080',
  'http://[::1]:8080',
  'http://[fe80::1]',
  'http://[fd12::1]',
  'http://[::ffff:192.168.0.1]',
  'http://vllm:8000/v1',
  'https://gpu.local',
  'http://host.docker.internal:11434',
  'http://api.localhost',
])('%s is local', (url) => {
  expect(isLocalHost(url)).toBe(true);
});

test.each([
  'https://api.openai.com/v1',
  'https://ollama.com',
  'http://8.8.8.8',
  'http://172.32.0.1',
  'http://192.169.0.1',
  'http://[2001:db8::1]',
  'http://[::ffff:8.8.8.8]',
  'https://localhost.example.com',
  'https://10.0.0.1.example.com',
  'not a url at all',
  '',
])('%s is not local', (url) => {
  expect(isLocalHost(url)).toBe(false);
});

test('a simulator is known by its header', () => {
  expect(isSimulated(new Headers({ 'x-rolecall-simulator': '1' }))).toBe(true);
  expect(isSimulated(new Headers())).toBe(false);
  expect(isSimulated(undefined)).toBe(false);
});
