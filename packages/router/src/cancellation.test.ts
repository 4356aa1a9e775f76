import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { Cancellation } from './cancellation.ts';

test("follows the caller's signal, reason and all", () => {
  const caller = new AbortController();
  const link = new Cancellation(caller.signal);

  caller.abort('enough');

  expect(link.signal.aborted).toBe(true);
  expect(link.signal.reason).toBe('enough');
});

test('is aborted from the start when the caller was', () => {
  const link = new Cancellation(AbortSignal.abort('before'));

  expect(link.signal.reason).toBe('before');
});

test("its own abort leaves the caller's signal alone", () => {
  const caller = new AbortController();
  const link = new Cancellation(caller.signal);

  link.abort('mine');

  expect(link.signal.reason).toBe('mine');
  expect(caller.signal.aborted).toBe(false);
});

test('keeps one listener, and none after its release', () => {
  const { signal } = new AbortController();

  const link = new Cancellation(signal);
  const during = getEventListeners(signal, 'abort').length;
  link.release();

  expect(during).toBe(1);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('works for a caller who has no signal', () => {
  const link = new Cancellation(undefined);

  link.release();

  expect(link.signal.aborted).toBe(false);
});
