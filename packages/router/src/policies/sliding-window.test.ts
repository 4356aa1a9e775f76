import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SlidingWindow } from './sliding-window.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is put in stays for the whole window, and is gone one slot later', () => {
  const window = new SlidingWindow(60_000, 60);
  window.add(3);

  vi.advanceTimersByTime(60_000);
  expect(window.used()).toBe(3);
  vi.advanceTimersByTime(1_000);
  expect(window.used()).toBe(0);
});

test('a pause of many windows leaves nothing behind', () => {
  const window = new SlidingWindow(1_000, 10);
  for (let slot = 0; slot < 10; slot++) {
    window.add(1);
    vi.advanceTimersByTime(100);
  }

  vi.advanceTimersByTime(1_000_000);

  expect(window.used()).toBe(0);
  expect(window.availableInMs(1, 1)).toBe(0);
});

test('the wait it names is exactly long enough', () => {
  const window = new SlidingWindow(60_000);
  window.add(4);
  vi.advanceTimersByTime(20_000);
  window.add(6);

  const wait = window.availableInMs(4, 10);
  expect(window.availableInMs(5, 10)).toBe(wait + 20_000); // until the 6 are gone as well
  vi.advanceTimersByTime(wait - 1);
  expect(window.availableInMs(4, 10)).toBe(1);
  vi.advanceTimersByTime(1);

  expect(window.availableInMs(4, 10)).toBe(0);
  expect(window.used()).toBe(6);
});

test('what is larger than the limit waits for several windows', () => {
  const window = new SlidingWindow(60_000);
  window.add(10);

  expect(window.availableInMs(25, 10)).toBeGreaterThan(2 * 60_000);
});

test('a correction takes back from where it was put, and only while that is still held', () => {
  const window = new SlidingWindow(60_000, 60);
  const early = window.add(10);
  vi.advanceTimersByTime(30_000);
  window.correct(early, -4);
  expect(window.used()).toBe(6);

  vi.advanceTimersByTime(61_000);
  window.add(1);
  window.correct(early, -4);

  expect(window.used()).toBe(1);
});

test('a correction upwards counts from now on', () => {
  const window = new SlidingWindow(60_000, 60);
  const early = window.add(1);
  vi.advanceTimersByTime(50_000);
  window.correct(early, 9);

  vi.advanceTimersByTime(20_000);

  expect(window.used()).toBe(9);
});

test('in no stretch of 60 s is more let through than the limit', () => {
  const arrivals = fc.array(fc.record({ pauseMs: fc.nat(20_000), amount: fc.integer({ min: 1, max: 20 }) }), { maxLength: 200 });
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 20, max: 50 }), (events, limit) => {
      const window = new SlidingWindow(60_000);
      const passed: { at: number; amount: number }[] = [];
      for (const { pauseMs, amount } of events) {
        vi.advanceTimersByTime(pauseMs);
        if (window.availableInMs(amount, limit) > 0) continue;
        window.add(amount);
        passed.push({ at: performance.now(), amount });
      }
      for (const { at: start } of passed) {
        const inStretch = passed.filter(({ at }) => at >= start && at < start + 60_000);
        expect(inStretch.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(limit);
      }
    }),
    { numRuns: 50 },
  );
});

test('whoever waits as long as it says gets through, and is never let wait for longer than the window and a slot', () => {
  const arrivals = fc.array(fc.record({ pauseMs: fc.nat(5_000), amount: fc.integer({ min: 1, max: 10 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(arrivals, (events) => {
      const window = new SlidingWindow(60_000);
      for (const { pauseMs, amount } of events) {
        vi.advanceTimersByTime(pauseMs);
        const wait = window.availableInMs(amount, 10);
        expect(wait).toBeLessThanOrEqual(60_250);
        vi.advanceTimersByTime(Math.ceil(wait));
        expect(window.availableInMs(amount, 10)).toBe(0);
        window.add(amount);
      }
    }),
    { numRuns: 50 },
  );
});
