import { inspect } from 'node:util';
import type { Attempt } from '@rolecall/core';
import { expect, test } from 'vitest';
import { abortError, copyOf, ModelError, type ModelErrorCode, remedies, RouteError } from './errors.ts';

const attempt: Attempt = { id: '1', model: 'groq/llama', startedAt: 0, waitMs: 0, durationMs: 0, outcome: 'failed' };

test.each(Object.entries(remedies))('%s asks for: %s', (code, remedy) => {
  const error = new ModelError(code as ModelErrorCode, { model: 'a/b' });

  expect(error.retryable).toBe(remedy === 'repeat');
  expect(error.replaceable).toBe(remedy !== 'fail');
});

test('nothing helps once part of the answer has been passed on', () => {
  const error = new ModelError('network', { model: 'a/b', committed: true });

  expect(error.retryable).toBe(false);
  expect(error.replaceable).toBe(false);
});

test('a reason is cut short and its secrets are struck out', () => {
  const reason = `Wrong key: sk-proj-abcdef123456, header Bearer abcdefgh.ijk ${'x'.repeat(400)}`;
  const error = new ModelError('auth', { model: 'a/b', status: 401, reason });

  expect(error.message).toMatch(/^a\/b failed: auth \(HTTP 401\): Wrong key: \[redacted\], header Bearer \[redacted\] x+…$/);
  expect(error.reason).toHaveLength(301);
});

test.each([
  ['cannot ask http://user:hunter2@10.0.0.1:8000/v1', 'cannot ask http://[redacted]@10.0.0.1:8000/v1'],
  ['https://user:p@ss@host/v1?mail=a@b.c', 'https://[redacted]@host/v1?mail=a@b.c'],
  ['see https://example.com/a@b, or mail me@example.com', 'see https://example.com/a@b, or mail me@example.com'],
  ['API key not valid: AIzaSyA-1234567890_abcdefghij', 'API key not valid: [redacted]'],
  ['key nvapi-0123456789abcdefghij-x is wrong', 'key [redacted] is wrong'],
])('of %j is told %j', (reason, told) => {
  expect(new ModelError('network', { model: 'a/b', reason }).reason).toBe(told);
});

test('a copy keeps every fact but those that are changed', () => {
  const facts = {
    model: 'a/b',
    reason: 'busy',
    status: 529,
    retryAfterMs: 1,
    partialText: 'Once',
    usage: {},
    requestId: 'r',
    local: true,
  };
  const error = new ModelError('overloaded', { ...facts, cause: 'socket', possiblyBilled: true, simulated: true });

  const copy = copyOf(error, { committed: true });

  expect(copy).not.toBe(error);
  expect(copy).toMatchObject({ ...facts, code: 'overloaded', possiblyBilled: true, simulated: true, committed: true });
  expect(Object.getOwnPropertyNames(copy)).toEqual(Object.getOwnPropertyNames(error));
  expect([copy.message, copy.stack, copy.cause]).toEqual([error.message, error.stack, 'socket']);
});

test('printed or logged as a whole, an error shows what its message does not, and no texts', () => {
  const error = new ModelError('overloaded', { model: 'a/b', reason: 'busy', retryAfterMs: 5, partialText: 'Once upon a time' });
  const made = { id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 1, outcome: 'failed' } as const;
  const failed = Object.assign(error, { attempts: [made] });
  const route = new RouteError({ errors: [failed], attempts: [made], role: 'writer' });

  expect(JSON.parse(JSON.stringify(error))).toEqual({ name: 'ModelError', code: 'overloaded', model: 'a/b', retryAfterMs: 5 });
  expect([error.reason, error.partialText, error.committed, error.attempts]).toEqual(['busy', 'Once upon a time', false, [made]]);
  expect(inspect(error)).not.toMatch(/Once upon|undefined|attempts/);
  expect(inspect(route)).not.toMatch(/Once upon|undefined|attempts/);
  expect(route.attempts).toEqual([made]);
});

test('an abort is what the policy that aborted meant, or else the caller giving up', () => {
  const deadline = new ModelError('deadline_exceeded', { model: 'router', reason: 'after 120 s' });

  expect(abortError(AbortSignal.abort(deadline), 'a/b')).toMatchObject({
    code: 'deadline_exceeded',
    model: 'a/b',
    reason: 'after 120 s',
    cause: deadline,
  });
  expect(abortError(AbortSignal.abort('enough'), 'a/b')).toMatchObject({ code: 'aborted', model: 'a/b', cause: 'enough' });
});

test('a RouteError has code and status of the first link, and the shortest wait', () => {
  const limited = new ModelError('rate_limited', { model: 'a/b', status: 429, retryAfterMs: 60_000 });
  const busy = new ModelError('overloaded', { model: 'c/d', status: 529, retryAfterMs: 9_000 });

  const error = new RouteError({ errors: [limited, busy], attempts: [attempt], role: 'writer' });

  expect(error).toMatchObject({ code: 'rate_limited', status: 429, retryAfterMs: 9_000, role: 'writer', cause: limited });
  expect(error.errors).toEqual([limited, busy]);
});

test('that a link was cooling down is not what a RouteError is about, unless all were', () => {
  const cooling = new ModelError('rate_limited', { model: 'a/b', status: 429, retryAfterMs: 5_000, unasked: true });
  const broken = new ModelError('overloaded', { model: 'c/d', status: 500 });

  const error = new RouteError({ errors: [cooling, broken], attempts: [attempt] });

  expect(error).toMatchObject({ code: 'overloaded', status: 500, retryAfterMs: 5_000, cause: broken });
  expect(error.errors).toEqual([cooling, broken]);
  expect(new RouteError({ errors: [cooling, cooling], attempts: [attempt] })).toMatchObject({
    code: 'rate_limited',
    status: 429,
  });
});

test('a RouteError tells of every attempt in a line', () => {
  const attempts: Attempt[] = [
    { ...attempt, name: 'groq-fast', durationMs: 312.4, code: 'rate_limited', status: 429, reason: 'Too many requests' },
    { ...attempt, name: 'groq-fast', durationMs: 2_340, waitMs: 1_210, code: 'network' },
    { ...attempt, model: 'openai/gpt-4', outcome: 'skipped', code: 'not_configured', reason: 'Set OPENAI_API_KEY.' },
  ];

  const { message } = new RouteError({ errors: [new ModelError('network', { model: 'groq/llama' })], attempts, role: 'writer' });

  expect(message).toBe(`Every backend failed for role "writer":
  1. groq-fast (groq/llama): rate_limited, HTTP 429, took 312 ms: Too many requests
  2. groq-fast (groq/llama): network, waited 1.2 s, took 2.3 s
  3. openai/gpt-4: skipped, not_configured: Set OPENAI_API_KEY.`);
});

test('a RouteError of links that were all skipped says so', () => {
  const skipped: Attempt = { ...attempt, outcome: 'skipped', code: 'not_configured', reason: 'Set GROQ_API_KEY.' };
  const errors = [new ModelError('not_configured', { model: 'groq/llama' })] as const;

  expect(new RouteError({ errors, attempts: [skipped], model: 'groq-fast' }).message)
    .toBe(`No backend could be asked for model "groq-fast":
  1. groq/llama: skipped, not_configured: Set GROQ_API_KEY.`);
});

test('guards hold across copies of the package, and tell the classes apart', () => {
  const model = new ModelError('network', { model: 'a/b' });
  const route = new RouteError({ errors: [model], attempts: [] });

  expect([ModelError.isInstance(model), RouteError.isInstance(model)]).toEqual([true, false]);
  expect([ModelError.isInstance(route), RouteError.isInstance(route)]).toEqual([false, true]);
  expect(ModelError.isInstance(Object.create({ isModelError: true }))).toBe(true);
  expect([null, undefined, 'x', {}].some((value) => ModelError.isInstance(value) || RouteError.isInstance(value))).toBe(false);
});
