/** Every class of error that the SDKs and undici export, and what it means: a new one must be decided upon. */
import * as anthropicSdk from '@anthropic-ai/sdk';
import * as groqSdk from 'groq-sdk';
import { Ollama } from 'ollama';
import * as openai7Sdk from 'openai';
import * as openai6Sdk from 'openai-6';
import { errors as undiciErrors } from 'undici';
import { describe, expect, test } from 'vitest';
import type { ModelErrorCode } from '../errors.ts';
import { anthropic } from './anthropic.ts';
import { groq } from './groq.ts';
import { networkError } from './http.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';

const statuses: Readonly<Record<string, readonly [number, ModelErrorCode]>> = {
  BadRequestError: [400, 'invalid_request'],
  AuthenticationError: [401, 'auth'],
  PaymentRequiredError: [402, 'quota_exceeded'],
  PermissionDeniedError: [403, 'auth'],
  NotFoundError: [404, 'not_found'],
  RequestTimeoutError: [408, 'network'],
  ConflictError: [409, 'overloaded'],
  PreconditionFailedError: [412, 'invalid_request'],
  ContentTooLargeError: [413, 'context_too_long'],
  APIError: [418, 'invalid_request'],
  UnprocessableEntityError: [422, 'invalid_request'],
  RateLimitError: [429, 'rate_limited'],
  RequestHeaderFieldsTooLargeError: [431, 'invalid_request'],
  ClientClosedRequestError: [499, 'network'],
  InternalServerError: [500, 'overloaded'],
  NotImplementedError: [501, 'not_found'],
  ServiceUnavailableError: [503, 'overloaded'],
  GatewayTimeoutError: [504, 'overloaded'],
  OverloadedError: [529, 'overloaded'],
};

/** Made without a status. */
const others: Readonly<Record<string, readonly [(Class: new (...facts: never[]) => Error) => Error, ModelErrorCode]>> = {
  APIConnectionError: [(Class) => new Class({ message: 'Connection error.' } as never), 'network'],
  APIConnectionTimeoutError: [(Class) => new Class({} as never), 'attempt_timeout'],
  APIUserAbortError: [(Class) => new Class({} as never), 'aborted'],
  OpenAIError: [(Class) => new Class('Missing credentials.' as never), 'not_configured'],
  GroqError: [(Class) => new Class('Missing credentials.' as never), 'not_configured'],
  AnthropicError: [(Class) => new Class('Could not resolve authentication method.' as never), 'not_configured'],
  RetryableError: [(Class) => new Class(), 'network'],
  OAuthError: [(Class) => new Class(400 as never, { error: 'invalid_grant' } as never, new Headers() as never), 'auth'],
  SubjectTokenProviderError: [(Class) => new Class('no token' as never, 'k8s' as never), 'auth'],
};

/** Thrown by what we do not call. */
const elsewhere = new Set(['InvalidWebhookSignatureError']);

const throwing = (thrown: unknown) => async (): Promise<never> => {
  throw thrown;
};
const rejecting = (thrown: unknown) => ({ create: () => ({ asResponse: throwing(thrown) }) });
const chatClient = (error: unknown) => ({ chat: { completions: rejecting(error) } });
const sdks = {
  'openai 7': {
    sdk: openai7Sdk as object,
    ask: (error: unknown) => openai('m', { client: chatClient(error), provider: 'openai' }),
  },
  'openai 6': {
    sdk: openai6Sdk as object,
    ask: (error: unknown) => openai('m', { client: chatClient(error), provider: 'openai' }),
  },
  'groq-sdk': { sdk: groqSdk as object, ask: (error: unknown) => groq('m', { client: chatClient(error) }) },
  '@anthropic-ai/sdk': {
    sdk: anthropicSdk as object,
    ask: (error: unknown) => anthropic('m', { client: { messages: rejecting(error) } }),
  },
};
type ApiErrorClass = { generate(status: number, body: object, message: string, headers: Headers): Error };

function isError(value: unknown): boolean {
  return typeof value === 'function' && value.prototype instanceof Error;
}

function generate(sdk: object, status: number): Error {
  return (Reflect.get(sdk, 'APIError') as ApiErrorClass).generate(status, {}, 'Sorry.', new Headers());
}

function classesOf(sdk: object): [string, new (...facts: never[]) => Error][] {
  return Object.entries(sdk).filter(([name, value]) => isError(value) && !elsewhere.has(name)) as never;
}

describe.each(Object.entries(sdks))('%s', (_, { sdk, ask }) => {
  test.each(classesOf(sdk))('%s has a code', async (name, Class) => {
    const known = statuses[name] ?? others[name];
    const [facts, code] = known ?? [];
    const error = typeof facts === 'number' ? generate(sdk, facts) : facts?.(Class);

    const failure: unknown = await ask(error)({ messages: [] }).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(Class);
    expect(failure).toMatchObject({ name: 'ModelError', code, cause: error });
  });
});

test('a client without a key is not configured', async () => {
  const error = new Error('Could not resolve authentication method. Expected one of apiKey, authToken to be set.');

  await expect(anthropic('m', { client: { messages: rejecting(error) } })({ messages: [] })).rejects.toMatchObject({
    code: 'not_configured',
    reason: error.message,
  });
});

test.each([
  [Object.assign(new Error('model "x" not found'), { name: 'ResponseError', status_code: 404 }), 'not_found'],
  [new SyntaxError('Unexpected token <'), 'malformed_answer'],
])('ollama throws %o', async (error, code) => {
  const client = Object.assign(new Ollama(), { chat: throwing(error) });

  await expect(ollama('m', { client })({ messages: [] })).rejects.toMatchObject({ code, cause: error });
});

describe('undici', () => {
  /** What says nothing of a connection: wrong use, or options that we do not set. */
  const notOfTheConnection = new Set([
    'AbortError',
    'BalancedPoolMissingUpstreamError',
    'InvalidArgumentError',
    'InvalidReturnValueError',
    'MaxOriginsReachedError',
    'MessageSizeExceededError',
    'NotSupportedError',
    'RequestContentLengthMismatchError',
    'RequestRetryError',
    'ResponseError',
    'ResponseExceededMaxSizeError',
    'ResponseStatusCodeError',
    'UndiciError',
  ]);
  const codes: Readonly<Record<string, readonly ['network' | 'stream_cut' | 'attempt_timeout', boolean]>> = {
    BodyTimeoutError: ['stream_cut', true],
    ClientClosedError: ['network', true],
    ClientDestroyedError: ['network', true],
    ConnectTimeoutError: ['network', false],
    HeadersOverflowError: ['network', true],
    HeadersTimeoutError: ['attempt_timeout', true], // as the SDKs call it when no answer begins in time
    HTTPParserError: ['network', true],
    InformationalError: ['network', true],
    RequestAbortedError: ['network', true],
    ResponseContentLengthMismatchError: ['stream_cut', true],
    SecureProxyConnectionError: ['network', false],
    SocketError: ['network', true],
    Socks5ProxyError: ['network', false],
  };
  const classes = Object.entries(undiciErrors).filter(([name]) => !notOfTheConnection.has(name));

  test.each(classes)('%s is about a connection', (name, Class) => {
    const error = new (Class as new (...facts: unknown[]) => Error)(
      'INVALID_CONSTANT',
      name === 'HTTPParserError' ? 'INVALID_CONSTANT' : undefined,
    );

    const [code, possiblyBilled] = codes[name] ?? [];

    expect(networkError(new TypeError('fetch failed', { cause: error }))).toEqual({ code, possiblyBilled });
  });

  test('what broke off within an answer is a stream that was cut', () => {
    const error = new TypeError('terminated', { cause: new undiciErrors.SocketError('other side closed') });

    expect(networkError(error)).toEqual({ code: 'stream_cut', possiblyBilled: true });
  });
});
