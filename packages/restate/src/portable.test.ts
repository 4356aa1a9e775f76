import { TaskError, type Attempt } from '@rolecall/core';
import { expect, test } from 'vitest';
import { portable } from './portable.ts';

const usage = { inputTokens: 20, outputTokens: 2 };
const attempt: Attempt = {
  id: 'a',
  model: 'openai/gpt-5',
  outcome: 'failed',
  startedAt: 1,
  durationMs: 2,
  waitMs: 0,
  possiblyBilled: true,
};

test('a task error takes along the work and the spending that it does not print', () => {
  const error = new TaskError('model_failed', {
    task: 'write',
    role: 'writer',
    runId: 'one',
    reason: 'The key is not valid',
    finished: [],
    warnings: [],
    usage,
    costUsd: 0.5,
    unpriced: 0,
    attempts: [attempt],
    cause: new Error('private'),
  });

  const told = portable(error);

  expect(told).toEqual({
    name: 'TaskError',
    message: 'Task "write" (writer) failed: The key is not valid',
    reason: 'The key is not valid',
    code: 'model_failed',
    task: 'write',
    role: 'writer',
    runId: 'one',
    finished: [],
    warnings: [],
    usage,
    costUsd: 0.5,
    unpriced: 0,
    attempts: [attempt],
  });
});

test('what no JSON holds goes, and numbers that are too large are text', () => {
  expect(portable({ big: 12n ** 20n, call: () => 1, error: Object.assign(new Error('no'), { code: 'auth' }) })).toEqual({
    big: '3833759992447475122176',
    error: { name: 'Error', message: 'no', code: 'auth' },
  });
});

test("of anybody else's error no more than its code is told, whatever it holds", () => {
  const error = Object.assign(new Error('no'), { code: 'ECONNRESET', status: 503, request: { authorization: 'Bearer secret' } });
  Object.defineProperty(error, '$response', { value: { error }, enumerable: false });
  Object.assign(error, { response: { error }, toJSON: () => ({ request: error.request }) });

  expect(portable({ warnings: [{ cause: error }] })).toEqual({
    warnings: [{ cause: { name: 'Error', message: 'no', code: 'ECONNRESET', status: 503 } }],
  });
});
