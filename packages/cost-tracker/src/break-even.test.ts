import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { breakEven, type BreakEvenQuestion } from './break-even.ts';

// The guide's own figures: 1,000 requests a day at 0.001 in the cloud, against 50 a month of power.
const guide = { hardwareUsd: 0, powerUsdPerMonth: 50, requestsPerDay: 1_000, usdPerRequest: 0.001 };

test('with the figures of the guide it never pays, and would from 1,667 requests a day', () => {
  const answer = breakEven(guide);

  expect(answer).toMatchObject({
    never: true,
    months: null,
    cloudUsdPerMonth: 30,
    localUsdPerMonth: 50,
    savedUsdPerMonth: -20,
    requestsPerDayToBreakEven: 1_667,
  });
  expect(String(answer)).toBe(
    'The cloud costs 30.00 USD a month, running locally 50.00. At this rate it never pays for itself. ' +
      'Running costs are even at 1,667 requests a day, before any hardware.',
  );
});

test('hardware takes months to pay for', () => {
  const answer = breakEven({ ...guide, hardwareUsd: 600, requestsPerDay: 5_000 });

  expect(answer).toMatchObject({ never: false, months: 6, savedUsdPerMonth: 100 });
  expect(String(answer)).toContain('after 6.0 months: 100.00 USD saved a month');
});

test('without hardware to pay for it pays from the first day', () => {
  expect(breakEven({ ...guide, requestsPerDay: 5_000 }).months).toBe(0);
  expect(breakEven({ ...guide, requestsPerDay: 5_000 }).toString()).toContain('from the first day');
});

test('where the bills are even, hardware is never paid for', () => {
  const even = { powerUsdPerMonth: 30, requestsPerDay: 1_000, usdPerRequest: 0.001 };

  expect(breakEven({ ...even, hardwareUsd: 100 }).never).toBe(true);
  expect(breakEven({ ...even, hardwareUsd: 0 }).months).toBe(0);
});

test('against a cloud that is free, no number of requests will do', () => {
  const answer = breakEven({ ...guide, usdPerRequest: 0 });

  expect(answer).toMatchObject({ never: true, requestsPerDayToBreakEven: null });
  expect(String(answer)).toContain('No number of requests');
});

test('the number of requests it names is enough, and one fewer is not', () => {
  const cents = fc.integer({ min: 1, max: 100_000 }).map((value) => value / 100);
  const millionths = fc.integer({ min: 1, max: 1_000_000 }).map((value) => value / 1e6);
  fc.assert(
    fc.property(cents, millionths, (powerUsdPerMonth, usdPerRequest) => {
      const ask = (requestsPerDay: number): number =>
        breakEven({ hardwareUsd: 0, powerUsdPerMonth, usdPerRequest, requestsPerDay }).savedUsdPerMonth;
      const fewest = breakEven({ hardwareUsd: 0, powerUsdPerMonth, usdPerRequest, requestsPerDay: 1 }).requestsPerDayToBreakEven;

      expect(ask(fewest ?? Number.NaN)).toBeGreaterThanOrEqual(0);
      expect(ask((fewest ?? Number.NaN) - 1)).toBeLessThan(0);
    }),
  );
});

test.each([
  [{ ...guide, hardwareUsd: -1 }, 'hardwareUsd: -1 is not a number of at least 0'],
  [{ ...guide, usdPerRequest: Number.NaN }, 'usdPerRequest: NaN is not'],
  [{ ...guide, powerUsdPerMonth: undefined }, 'powerUsdPerMonth: undefined is not'],
  [{ ...guide, daysPerMonth: 0 }, 'daysPerMonth: 0 is not a whole number of at least 1'],
  [{ ...guide, requestPerDay: 3 }, '"requestPerDay": no such option; there are hardwareUsd, '],
  [undefined, 'options: undefined is not an object'],
])('the figures %o are a TypeError', (question, message) => {
  expect(() => breakEven(question as BreakEvenQuestion)).toThrow(TypeError);
  expect(() => breakEven(question as BreakEvenQuestion)).toThrow(message);
});
