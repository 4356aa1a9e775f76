import { APIError } from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { explain, explainInBand } from './anthropic-errors.ts';

const model = 'anthropic/claude-sonnet-5-5';

function thrown(status: number, type: string, message: string, errorCode?: string): APIError {
  const details = errorCode === undefined ? {} : { details: { error_code: errorCode } };
  const body = { type: 'error', error: { type, message, ...details }, request_id: 'req_1' };
  return APIError.generate(status, body, undefined, new Headers({ 'request-id': 'req_1', 'retry-after': '3' }));
}

describe('an error status', () => {
  test.each([
    [401, 'authentication_error', 'invalid x-api-key', 'auth'],
    [403, 'permission_error', 'not for you', 'auth'],
    [404, 'not_found_error', 'model: claude-9', 'not_found'],
    [402, 'billing_error', 'check your payment', 'quota_exceeded'],
    [413, 'request_too_large', 'Request exceeds the maximum size', 'context_too_long'],
    [429, 'rate_limit_error', 'slow down', 'rate_limited'],
    [500, 'api_error', 'Internal server error', 'overloaded'],
    [500, 'constructor', 'what every object has', 'overloaded'],
    [504, 'timeout_error', 'timed out', 'overloaded'],
    [529, 'overloaded_error', 'Overloaded', 'overloaded'],
    [400, 'invalid_request_error', 'max_tokens: Field required', 'invalid_request'],
    [400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum', 'context_too_long'],
    [
      400,
      'invalid_request_error',
      'input length and `max_tokens` exceed context limit: 190000 + 16000 > 200000',
      'context_too_long',
    ],
    [400, 'invalid_request_error', 'Output blocked by content filtering policy', 'content_filtered'],
    [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.', 'quota_exceeded'],
    [400, 'invalid_request_error', 'You have reached your specified workspace API usage limits.', 'quota_exceeded'],
  ])('%i %s "%s" is %s', (status, type, message, code) => {
    const error = thrown(status, type, message);

    const explained = explain(error, { model });

    expect(explained).toMatchObject({ code, status, reason: message, retryAfterMs: 3_000, possiblyBilled: false, cause: error });
  });

  test('is a spent budget when its details say so, whatever its type', () => {
    const error = thrown(429, 'rate_limit_error', 'You have crossed a threshold.', 'enforced_spend_limit_reached');

    expect(explain(error, { model })?.code).toBe('quota_exceeded');
  });

  test('goes by the status when the body is not the API’s', () => {
    const error = APIError.generate(502, undefined, '<html>Bad Gateway</html>', new Headers());

    expect(explain(error, { model })).toMatchObject({ code: 'overloaded', status: 502, reason: undefined });
  });
});

test.each([
  ['overloaded_error', 'overloaded'],
  ['rate_limit_error', 'rate_limited'],
  ['api_error', 'overloaded'],
  ['a_new_error', 'overloaded'],
])('an error event of type %s is %s, and perhaps paid for', (type, code) => {
  expect(explainInBand({ type, message: 'Sorry.' }, { model })).toMatchObject({ code, reason: 'Sorry.', possiblyBilled: true });
});

test('what is no error of the SDK is left alone', () => {
  expect(explain(new TypeError('x is not a function'), { model })).toBeUndefined();
  expect(explain(undefined, { model })).toBeUndefined();
});
