import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { forecast, type ForecastOptions, type Spending } from './forecast.ts';
import { picodollarsOf } from './money.ts';

const hour = 3_600_000;
const day = 24 * hour;

function spent(at: string, usd: number | null): Spending {
  return { at: Date.parse(at), costPicodollars: usd === null ? null : picodollarsOf(usd) };
}

// Two dollars a day until noon of the 15th, so 29 dollars in 14.5 of 31 days.
const now = Date.parse('2026-03-15T12:00:00Z');
const march: readonly Spending[] = Array.from({ length: 29 }, (_, half) => ({
  at: Date.parse('2026-03-01T00:00:00Z') + half * (day / 2),
  costPicodollars: picodollarsOf(1),
}));

test('a month ends where its run rate leads', () => {
  expect(forecast(march, { now })).toMatchObject({
    period: { start: Date.parse('2026-03-01T00:00:00Z'), end: Date.parse('2026-04-01T00:00:00Z') },
    spentUsd: 29,
    usdPerDay: 2,
    projectedUsd: 62,
    capReachedAt: null,
    unpriced: 0,
  });
});

test('a cap is reached when the rate says so, or has been, or will not be', () => {
  const at = (capUsd: number): number | null => forecast(march, { now, capUsd }).capReachedAt;

  expect(at(32)).toBe(now + 1.5 * day);
  expect(at(29)).toBe(now);
  expect(at(20)).toBe(now);
  expect(at(62)).toBeNull(); // the month is over by then
  expect(at(100)).toBeNull();
});

test('what was spent before the period is no part of it', () => {
  const { spentUsd, projectedUsd } = forecast([spent('2026-02-28T23:59:59Z', 1_000), ...march], { now });

  expect({ spentUsd, projectedUsd }).toEqual({ spentUsd: 29, projectedUsd: 62 });
});

test('a ledger that began in the middle of the period takes its rate from then on', () => {
  const since = [spent('2026-03-14T12:00:00Z', 3), spent('2026-03-15T00:00:00Z', 2)];

  expect(forecast(since, { now })).toMatchObject({ spentUsd: 5, usdPerDay: 5, projectedUsd: 5 + 5 * 16.5 });
});

test('the rate of the last hours may reach back before the period', () => {
  const firstOfMonth = Date.parse('2026-03-01T01:00:00Z');
  const spending = [spent('2026-02-01T00:00:00Z', 50), spent('2026-02-28T02:00:00Z', 12), spent('2026-03-01T00:30:00Z', 12)];

  expect(forecast(spending, { now: firstOfMonth, rateHours: 24 })).toMatchObject({
    spentUsd: 12,
    usdPerDay: 24,
    projectedUsd: 12 + 24 * 31 - 1,
  });
});

test('a day begins and ends by the clock of its time zone, also when it has 23 hours', () => {
  const noon = Date.parse('2026-03-29T10:00:00Z'); // noon in Berlin, where clocks went forward at two
  const spending = [spent('2026-03-28T22:59:00Z', 99), spent('2026-03-28T23:00:00Z', 11)];

  expect(forecast(spending, { now: noon, period: 'day', timeZone: 'Europe/Berlin' })).toMatchObject({
    period: { start: Date.parse('2026-03-28T23:00:00Z'), end: Date.parse('2026-03-29T22:00:00Z') },
    spentUsd: 11,
    projectedUsd: 23,
  });
});

test('without any time to take a rate from there is none', () => {
  expect(forecast([], { now })).toMatchObject({ spentUsd: 0, usdPerDay: null, projectedUsd: null });
  expect(forecast([{ at: now, costPicodollars: 1n }], { now, capUsd: 1 })).toMatchObject({ usdPerDay: null, capReachedAt: null });
});

test('calls without a price are counted, and nothing is made up for them', () => {
  const unknown = spent('2026-03-02T00:00:00Z', null);

  expect(forecast([unknown], { now })).toMatchObject({ spentUsd: null, usdPerDay: null, projectedUsd: null, unpriced: 1 });
  expect(forecast([unknown, ...march], { now })).toMatchObject({ projectedUsd: 62, unpriced: 1 });
});

test('as a string it is sentences', () => {
  expect(String(forecast([...march, spent('2026-03-02T00:00:00Z', null)], { now, capUsd: 32 }))).toBe(
    '29.00 USD spent. At 2.00 USD a day it will be 62.00 USD by 2026-04-01 00:00 (UTC). ' +
      'The cap of 32.00 USD is reached at 2026-03-17 00:00. Not in these amounts: 1 request without a price.',
  );
  expect(String(forecast(march, { now, capUsd: 100 }))).toContain('The cap of 100.00 USD is not reached.');
  expect(String(forecast([], { now }))).toBe('0.00 USD spent. There is no rate to go by yet.');
});

test('a projection is never below what was spent, and is that at the end', () => {
  const cents = fc.nat(1_000_000).map((value) => value / 100);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 31 * day - 1 }), cents), { minLength: 1 }), (calls) => {
      const start = Date.parse('2026-03-01T00:00:00Z');
      const spending = calls.map(([after, usd]) => ({ at: start + after, costPicodollars: picodollarsOf(usd) }));

      const { spentUsd, projectedUsd } = forecast(spending, { now: start + 31 * day - 1 });

      expect(projectedUsd ?? Infinity).toBeGreaterThanOrEqual(spentUsd ?? 0);
    }),
  );
});

test.each([
  [{ period: 'week' }, 'period: "week" is none of hour, day, month'],
  [{ timeZone: 'Middle/Earth' }, 'timeZone: "Middle/Earth" is no time zone'],
  [{ rateHours: 0 }, 'rateHours: 0 is not a number above 0'],
  [{ capUsd: -1 }, 'capUsd: -1 is not a number of at least 0'],
  [{ now: Number.NaN }, 'now: NaN is not'],
  [{ cap: 1 }, '"cap": no such option'],
])('the options %o are a TypeError', (options, message) => {
  expect(() => forecast([], options as ForecastOptions)).toThrow(TypeError);
  expect(() => forecast([], options as ForecastOptions)).toThrow(message);
});
