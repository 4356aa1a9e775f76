import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Spent } from '../spend-history.ts';
import { timelineOf, type Timeline } from './timeline.ts';

const day = 86_400_000;

function by(at: number | string, costPicodollars: bigint | null = 1n, simulatedPicodollars = 0n): Spent {
  const unpricedRequests = costPicodollars === null ? 1 : 0;
  const instant = typeof at === 'string' ? Date.parse(at) : at;
  return {
    at: instant,
    until: instant,
    costPicodollars,
    simulatedPicodollars,
    requests: 1,
    unpricedRequests,
  };
}

function timeline(spent: readonly Spent[], timeZone = 'UTC', summed = false): Timeline {
  return timelineOf({ spent, summed }, timeZone);
}

test.each([
  [30 * 1_000, 'second'],
  [5 * 60_000, '10 seconds'],
  [50 * 60_000, 'minute'],
  [5 * 3_600_000, '10 minutes'],
  [2 * day, 'hour'],
  [30 * day, 'day'],
  [3 * 365 * day, 'month'],
])('over %i ms it is drawn by the %s', (span, unit) => {
  const drawn = timeline([by(0), by(span)]);

  expect(drawn.unit).toBe(unit);
  expect(drawn.stretches.length).toBeLessThanOrEqual(60);
});

test('stretches without a request are there, and empty', () => {
  const { stretches } = timeline([by('2026-03-01T05:00:00Z'), by('2026-03-04T05:00:00Z', 2n)]);

  expect(stretches.map(({ picodollars }) => picodollars).filter((sum) => sum > 0n)).toEqual([1n, 2n]);
  expect(stretches.every(({ end }, index) => end === (stretches[index + 1]?.start ?? end))).toBe(true);
});

test('days are those of the time zone, also when one has 23 hours', () => {
  const { stretches } = timeline([by('2026-03-01T12:00:00Z'), by('2026-03-31T12:00:00Z')], 'Europe/Berlin');

  expect(stretches[0]?.start).toBe(Date.parse('2026-02-28T23:00:00Z'));
  expect(stretches.map(({ start, end }) => (end - start) / 3_600_000).filter((hours) => hours !== 24)).toEqual([23]);
});

test('what is known in sums is drawn by no less than the hour', () => {
  expect(timeline([by(0), by(5_400_000)], 'UTC', true)).toMatchObject({
    unit: 'hour',
    stretches: [{ start: 0 }, { end: 7_200_000 }],
  });
});

test('simulated and unpriced requests are told apart', () => {
  const { stretches } = timeline([by(0, 5n), by(1, 2n, 2n), by(2, null)]);

  expect(stretches).toEqual([{ start: 0, end: 1_000, picodollars: 7n, simulatedPicodollars: 2n, requests: 3, unpriced: 1 }]);
});

test('nothing has no time', () => {
  expect(timeline([]).stretches).toEqual([]);
});

test('whatever the times, the sum of the stretches is that of the rows', () => {
  const year = fc.integer({ min: 0, max: 365 * day });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(year, fc.bigInt({ min: 0n, max: 10n ** 15n })), { minLength: 1 }),
      fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata'),
      (calls, timeZone) => {
        const { stretches } = timeline(
          calls.map(([at, cost]) => by(at, cost)),
          timeZone,
        );

        expect(stretches.reduce((sum, { picodollars }) => sum + picodollars, 0n)).toBe(
          calls.reduce((sum, [, cost]) => sum + cost, 0n),
        );
      },
    ),
    { numRuns: 50 },
  );
});
