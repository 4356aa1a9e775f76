import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { percent, scaleTo } from './scale.ts';

test.each([
  [0.53, [0, 0.2, 0.4, 0.6]],
  [0.16, [0, 0.05, 0.1, 0.15, 0.2]],
  [9, [0, 5, 10]],
  [0.0000066, [0, 0.000002, 0.000004, 0.000006, 0.000008]],
  [5_483, [0, 2_000, 4_000, 6_000]],
])('an axis for %s is marked at %j', (largest, ticks) => {
  expect(scaleTo(largest).ticks).toEqual(ticks);
});

test('an axis holds its largest value, in two to six marks', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (largest) => {
      const { end, ticks } = scaleTo(largest);

      expect(end).toBeGreaterThanOrEqual(largest);
      expect(largest / end).toBeGreaterThan(0.4);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(ticks.at(-1)).toBeCloseTo(end, 12);
    }),
  );
});

test('a part is in percent, and never more than all', () => {
  expect([percent(1, 3), percent(4, 3), percent(1, 0), percent(0, 1)]).toEqual(['33.333%', '100%', '0%', '0%']);
});
