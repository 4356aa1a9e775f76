import { BadRequestError as GroqBadRequestError } from 'groq-sdk';
import { APIConnectionError, APIError } from 'openai';
import { describe, expect, test } from 'vitest';
import { explainInBand, explainStatus } from './chat-errors.ts';

const facts = { model: 'house/m' };
const thrown = (status: number, body: object | undefined, text?: string, headers = new Headers()) =>
  APIError.generate(status, body, text, headers);
const codeOf = (status: number, body: object) => explainStatus(thrown(status, body), facts)?.code;

describe('the body of an error knows better than its status', () => {
  test.each([
    [429, { code: 'insufficient_quota', type: 'insufficient_quota' }, 'quota_exceeded'],
    [429, { code: 'rate_limit_exceeded', type: 'tokens' }, 'rate_limited'],
    [429, { code: null, message: 'Limit reached: too many tokens, maximum context length' }, 'rate_limited'],
    [400, { code: 'context_length_exceeded' }, 'context_too_long'],
    [400, { code: 'content_filter' }, 'content_filtered'],
    [400, { code: 'content_policy_violation' }, 'content_filtered'],
    [404, { code: 'model_not_found' }, 'not_found'],
    [400, { code: 'model_decommissioned' }, 'not_found'],
    [400, { code: 'invalid_api_key' }, 'auth'],
    [400, { message: 'Incorrect API key provided' }, 'auth'],
    [400, { code: 'billing_hard_limit_reached' }, 'quota_exceeded'],
    [400, { message: "Unsupported value: 'temperature'", type: 'invalid_request_error' }, 'invalid_request'],
    [500, { type: 'server_error' }, 'overloaded'],
    [500, { type: 'constructor', code: 'toString' }, 'overloaded'], // what every object has
  ])('HTTP %i with %j', (status, error, code) => {
    expect(codeOf(status, { error })).toBe(code);
  });
});

test.each([
  "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
  'the request exceeds the available context size, try increasing it',
  'The input (9000 tokens) is longer than the context length (8192 tokens).',
  'The model is loaded with context length of only 4096 tokens, which is not enough.',
  'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096.',
  'Prompt contains 40000 tokens, too large for a model with 32768 maximum context length',
  "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
  'Please reduce the length of the messages or completion.',
])('knows a prompt that is too long from "%s"', (message) => {
  expect(codeOf(400, { error: { message } })).toBe('context_too_long');
});

test('a parameter named after the context is not a context that is too long', () => {
  expect(codeOf(400, { error: { message: 'Unknown parameter: context_length' } })).toBe('invalid_request');
});

test("what a model wrote and the provider could not read is the model's fault, and paid for", () => {
  const error = new GroqBadRequestError(
    400,
    { error: { message: 'Failed to call a function.', code: 'tool_use_failed' } },
    undefined,
    new Headers(),
  );

  expect(explainStatus(error, facts)).toMatchObject({ code: 'malformed_answer', possiblyBilled: true });
});

test('keeps the words of the provider, its wait, its id of the request, and what was thrown', () => {
  const headers = new Headers({ 'retry-after': '2', 'x-request-id': 'req_9', 'x-rolecall-simulator': '1' });
  const error = thrown(429, { error: { message: 'Slow down.' } }, undefined, headers);

  expect(explainStatus(error, facts)).toMatchObject({
    model: 'house/m',
    code: 'rate_limited',
    status: 429,
    reason: 'Slow down.',
    retryAfterMs: 2_000,
    requestId: 'req_9',
    simulated: true,
    possiblyBilled: false,
    cause: error,
  });
});

test.each([
  ['a text for an error', { error: 'no such endpoint' }, undefined, 'no such endpoint'],
  ['plain text', undefined, 'upstream timed out', 'upstream timed out'],
  ['a page of HTML', undefined, '<html><h1>Bad gateway</h1></html>', 'the answer is a page of HTML'],
])('says what it can of %s', (_, body, text, reason) => {
  expect(explainStatus(thrown(502, body, text), facts)).toMatchObject({ code: 'overloaded', reason });
});

test('leaves alone what has no status: a bug, a connection, a text', () => {
  expect(explainStatus(new TypeError('x is not a function'), facts)).toBeUndefined();
  expect(explainStatus(new APIConnectionError({ message: 'Connection error.' }), facts)).toBeUndefined();
  expect(explainStatus({ status: 500 }, facts)).toBeUndefined();
});

test('an error within an answer has the status it names, and may be billed', () => {
  expect(explainInBand({ message: 'gone', code: 404 }, facts)).toMatchObject({
    code: 'not_found',
    status: 404,
    possiblyBilled: true,
  });
  expect(explainInBand({ message: 'odd', code: 7 }, facts)).toMatchObject({ code: 'overloaded', status: undefined });
});
