import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDurations } from './quantile.ts';

test('a quantile is never below the true one, and at most 5 % above it', () => {
  const durations = fc.array(fc.double({ min: 1, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(durations, fc.double({ min: 0.01, max: 1, noNaN: true }), (sample, share) => {
      const counted = createDurations(1_000);
      for (const ms of sample) counted.add(ms);

      const exact = sample.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * sample.length)) - 1] ?? 0;
      expect(counted.quantile(share)).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
      expect(counted.quantile(share)).toBeLessThanOrEqual(exact * 1.05 * (1 + 1e-9));
    }),
  );
});

test('there is nothing to say about no durations', () => {
  expect(createDurations(1_000)).toMatchObject({ count: 0 });
  expect(createDurations(1_000).quantile(0.95)).toBe(0);
});

test('shorter than a millisecond counts as one, and longer than hours as the longest', () => {
  const counted = createDurations(1_000);

  for (const ms of [0, 0.2, 1e12]) counted.add(ms);

  expect(counted.quantile(0.5)).toBe(1);
  expect(counted.quantile(1)).toBeGreaterThan(5_400_000);
});

test('old durations are forgotten, so that a change shows', () => {
  const counted = createDurations(100);
  for (let index = 0; index < 1_000; index++) counted.add(10);

  for (let index = 0; index < 100; index++) counted.add(1_000);

  expect(counted.quantile(0.5)).toBeGreaterThanOrEqual(1_000);
  expect(counted.count).toBeLessThan(100);
});
