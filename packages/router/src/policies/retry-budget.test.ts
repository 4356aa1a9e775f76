import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RetryBudget, type RetryBudgetOptions } from './retry-budget.ts';

const within = (times: readonly number[], ms: number): number => times.filter((at) => at > performance.now() - ms).length;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** How many retries are given until one is not. */
function taken(budget: RetryBudget, backend?: string, isThrottled = false): number {
  let count = 0;
  while (count < 10_000 && budget.take(backend, isThrottled)) count += 1;
  return count;
}

test('a quiet program may make thirty retries in ten seconds, and thirty more when they are over', () => {
  const budget = new RetryBudget();

  expect(taken(budget)).toBe(30);
  vi.advanceTimersByTime(9_900);
  expect(taken(budget)).toBe(0);
  vi.advanceTimersByTime(300);
  expect(taken(budget)).toBe(30);
});

test('a busy one a fifth of its calls on top of that', () => {
  const budget = new RetryBudget();
  for (let call = 0; call < 1_000; call++) budget.count();

  expect(taken(budget)).toBe(230);
});

test('both figures can be set', () => {
  const budget = new RetryBudget({ share: 0.5, perSecond: 0 });
  for (let call = 0; call < 10; call++) budget.count();

  expect(taken(budget)).toBe(5);
});

test.each([
  [false, 35],
  [true, 100],
])('the bucket of one backend, throttled: %s, is empty after %i failures, and the others are full', (isThrottled, retries) => {
  const budget = new RetryBudget({ perSecond: 1_000 });

  expect(taken(budget, 'a', isThrottled)).toBe(retries);
  expect(taken(budget, 'b', isThrottled)).toBe(retries);
});

test('a retry that answers gives back what it took, a first call that answers a little', () => {
  const budget = new RetryBudget({ perSecond: 1_000 });
  const leave = Array.from({ length: 35 }, () => budget.take('a', false));

  leave[0]?.answered();
  expect(taken(budget, 'a')).toBe(1);
  for (let call = 0; call < 28; call++) budget.reward('a');
  expect(taken(budget, 'a')).toBe(2);
});

test('a retry that goes to somebody else does not count against the one that failed', () => {
  const budget = new RetryBudget({ perSecond: 1_000 });
  taken(budget, 'a');

  expect(budget.take(undefined, false)).toBeDefined();
});

test('property: whatever the order, retries of any ten seconds are no more than their share', () => {
  const event = fc.record({ calls: fc.nat(20), wants: fc.nat(60), ms: fc.nat(4_000) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const budget = new RetryBudget();
      const calls: number[] = [];
      const retries: number[] = [];

      for (const { calls: more, wants, ms } of events) {
        for (let call = 0; call < more; call++) {
          budget.count();
          calls.push(performance.now());
        }
        for (let want = 0; want < wants; want++) {
          if (!budget.take('a', true)) continue;
          retries.push(performance.now());
          // Its window forgets by the slot, a tenth of a second at a time.
          expect(within(retries, 10_000)).toBeLessThanOrEqual(within(calls, 10_200) * 0.2 + 30);
        }
        vi.advanceTimersByTime(ms);
      }
    }),
  );
});

test.each([
  [{ share: -1 }, 'retry.budget: share is -1; it must be a finite number of at least 0.'],
  [{ perMinute: 1 }, 'retry.budget has no option "perMinute"; it has: share, perSecond.'],
])('%j is refused', (options, message) => {
  expect(() => new RetryBudget(options as RetryBudgetOptions)).toThrow(new TypeError(message));
});
