import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { delay } from './delay.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function spiedSignal(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController();
  const added = vi.spyOn(controller.signal, 'addEventListener');
  const removed = vi.spyOn(controller.signal, 'removeEventListener');
  return { controller, listeners: () => added.mock.calls.length - removed.mock.calls.length };
}

test('ends when the time is up, not sooner, and leaves no listener', async () => {
  const { controller, listeners } = spiedSignal();
  const ended = vi.fn<() => void>();

  const waiting = delay(99.2, controller.signal).then(ended);

  await vi.advanceTimersByTimeAsync(99);
  expect(ended).not.toHaveBeenCalled();
  expect(listeners()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect(listeners()).toBe(0);
});

test('ends at once on an abort and leaves neither timer nor listener', async () => {
  const { controller, listeners } = spiedSignal();

  const waiting = delay(60_000, controller.signal);
  controller.abort();
  await waiting;

  expect(vi.getTimerCount()).toBe(0);
  expect(listeners()).toBe(0);
});

test('does not wait for a signal that is aborted already', async () => {
  await delay(60_000, AbortSignal.abort());

  expect(vi.getTimerCount()).toBe(0);
});

test('a wait longer than a timer can hold does not fire at once', async () => {
  const ended = vi.fn<() => void>();

  void delay(Number.MAX_SAFE_INTEGER).then(ended);

  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(ended).not.toHaveBeenCalled();
});
