import { getEventListeners } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { offAbort, onAbort } from './on-abort.ts';

test('a thousand followers are one listener, of which Node does not warn, and none is left when all have gone', () => {
  const warn = vi.spyOn(process, 'emitWarning');
  onTestFinished(() => warn.mockRestore());
  const { signal } = new AbortController();
  const followers = Array.from({ length: 1_000 }, () => vi.fn<() => void>());

  for (const follow of followers) onAbort(signal, follow);
  const during = getEventListeners(signal, 'abort').length;
  for (const follow of followers) offAbort(signal, follow);

  expect(during).toBe(1);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(warn).not.toHaveBeenCalled();
});

test('an abort reaches, once and in their order, all who have not gone', () => {
  const controller = new AbortController();
  const told: string[] = [];
  const first = (): void => void told.push('first');
  const gone = (): void => void told.push('gone');
  const takesGoneOff = (): void => (told.push('second'), offAbort(controller.signal, gone));

  for (const follow of [first, takesGoneOff, gone]) onAbort(controller.signal, follow);
  controller.abort();

  expect(told).toEqual(['first', 'second']);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('who comes back after all had gone is told again', () => {
  const controller = new AbortController();
  const follow = vi.fn<() => void>();

  onAbort(controller.signal, follow);
  offAbort(controller.signal, follow);
  offAbort(controller.signal, follow);
  onAbort(controller.signal, follow);
  controller.abort();

  expect(follow).toHaveBeenCalledTimes(1);
});
