import type { Attempt } from '@rolecall/core';
import { afterEach, expect, test, vi } from 'vitest';
import { type AttemptListener, guarded } from './attempt-listener.ts';

const attempt: Attempt = { id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 1, outcome: 'answered' };

afterEach(() => void vi.restoreAllMocks());

test.each([
  [
    'throws',
    () => {
      throw new Error('log is full');
    },
  ],
  ['rejects', () => Promise.reject(new Error('log is full'))],
])('a listener that %s goes on being called, and is reported once', async (_, fail) => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const heard = vi.fn<AttemptListener>(fail);
  const listener = guarded(heard);

  listener(attempt, {});
  listener(attempt, {});
  await Promise.resolve();

  expect(heard).toHaveBeenCalledTimes(2);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]?.[0]).toBe('onAttempt failed: Error: log is full');
});
