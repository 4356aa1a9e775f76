import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { messageOf, TaskError } from './errors.ts';

const facts = {
  task: 'write',
  role: 'writer',
  runId: 'r',
  reason: 'down',
  finished: [],
  warnings: [],
  usage: {},
  costUsd: null,
  unpriced: 0,
  attempts: [],
};

test('a TaskError says which task failed, whose it was, and why', () => {
  const cause = new Error('down');

  const error = new TaskError('model_failed', { ...facts, cause });

  expect(error).toMatchObject({ name: 'TaskError', code: 'model_failed', cause });
  expect(error.message).toBe('Task "write" (writer) failed: down');
  expect(new TaskError('aborted', facts).message).toBe('Task "write" (writer) was aborted: down');
});

test('a TaskError is known by its marker, also from another copy of the package', () => {
  class TaskErrorOfAnotherCopy extends Error {
    get isTaskError(): true {
      return true;
    }
  }

  expect(TaskError.isInstance(new TaskError('aborted', facts))).toBe(true);
  expect(TaskError.isInstance(new TaskErrorOfAnotherCopy())).toBe(true);
  for (const other of [new Error('down'), null, undefined, 'down', {}]) expect(TaskError.isInstance(other)).toBe(false);
  expect(Object.keys(new TaskError('aborted', facts))).not.toContain('isTaskError');
});

test('printed or logged as a whole, a TaskError brings along no text of the run', () => {
  const error = new TaskError('model_failed', { ...facts, costUsd: 0.02, partialText: 'The first hal', finished: [] });

  expect(JSON.parse(JSON.stringify(error))).toEqual({
    name: 'TaskError',
    code: 'model_failed',
    task: 'write',
    role: 'writer',
    runId: 'r',
    usage: {},
    costUsd: 0.02,
    unpriced: 0,
  });
  expect(inspect(error)).not.toMatch(/The first hal|attempts|undefined/);
  expect([error.partialText, error.finished, error.attempts]).toEqual(['The first hal', [], []]);
});

test('what was thrown is put in words, whatever it is', () => {
  const words = [new Error('down'), 'odd', undefined, Object.create(null)].map(messageOf);

  expect(words).toEqual(['down', 'odd', 'something of type undefined was thrown', 'something of type object was thrown']);
});
