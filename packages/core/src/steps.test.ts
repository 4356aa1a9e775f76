import { getEventListeners } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { delay, keyOf, plainSteps } from './steps.ts';

afterEach(() => void vi.useRealTimers());

test('a plain step just runs, and what it throws is thrown', async () => {
  const steps = plainSteps('run');

  expect(await steps.step('a', async () => 1)).toBe(1);
  expect(await steps.step('a', async () => 2)).toBe(2);
  await expect(steps.step('b', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});

function key(runId: string, name: string): Promise<string> {
  return plainSteps(runId).step(name, async ({ idempotencyKey, interruptedAt }) => {
    expect(interruptedAt).toEqual([]);
    return idempotencyKey;
  });
}

test('a step has the same key whenever it is tried, fit for a header, and another in each run', async () => {
  expect(await key('run', 'Überblick/turn-1')).toBe(await key('run', 'Überblick/turn-1'));
  expect(await key('run', 'a')).not.toBe(await key('other', 'a'));
  expect(() => new Headers({ 'idempotency-key': keyOf('run', 'Überblick\n/turn-1') })).not.toThrow();
});

test('plain steps tell the time and make ids', async () => {
  const steps = plainSteps('run');

  expect(Math.abs((await steps.now('now')) - Date.now())).toBeLessThan(1_000);
  expect(await steps.uuid('id')).toMatch(/^[\da-f-]{36}$/);
});

test('a wait of months, longer than any timer, is waited for', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const ms = 3 * 2 ** 31;
  let over = false;

  void delay(ms, undefined).then(() => (over = true));
  await vi.advanceTimersByTimeAsync(ms - 1);
  expect(over).toBe(false);
  await vi.advanceTimersByTimeAsync(2);

  expect(over).toBe(true);
});

test('a wait ends with its signal, and leaves no timer and no listener behind', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const controller = new AbortController();

  const waiting = plainSteps('run').sleep('wait', 60_000, controller.signal);
  controller.abort(new Error('enough'));

  await expect(waiting).rejects.toThrow('enough');
  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  await expect(delay(1, controller.signal)).rejects.toThrow('enough');
});
