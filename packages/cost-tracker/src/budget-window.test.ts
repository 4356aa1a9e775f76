import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Calendar, type WindowKind } from './budget-window.ts';

const hourMs = 3_600_000;
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo', // clocks went forward at midnight
  'Asia/Kathmandu', // 5:45 from UTC
  'Australia/Lord_Howe', // half an hour of summer time
  'Pacific/Apia', // left out 2011-12-30
  'America/Goose_Bay', // went back one minute past midnight
  'Africa/Casablanca',
];
const kinds: readonly WindowKind[] = ['hour', 'day', 'month'];
const instant = fc.integer({ min: Date.UTC(2005, 0, 1), max: Date.UTC(2035, 0, 1) });

function iso(zone: string, kind: WindowKind, at: string): readonly string[] {
  const { start, end } = new Calendar(kind, zone).at(Date.parse(at));
  return [new Date(start).toISOString(), new Date(end).toISOString()];
}

/** The instants around which windows are odd: when the offset changes. */
const transitions = zones.flatMap((zone) => {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const offsetAt = (at: number): string => format.format(at).split(', ')[1]!;
  const found: { zone: string; at: number }[] = [];
  let offset = offsetAt(Date.UTC(2008, 0, 1));
  for (let at = Date.UTC(2008, 0, 1); at < Date.UTC(2013, 0, 1); at += hourMs * 12) {
    const next = offsetAt(at + hourMs * 12);
    if (next !== offset) found.push({ zone, at });
    offset = next;
  }
  return found;
});

test('every instant is in exactly one window, whatever the clocks do', () => {
  const anywhere = fc.record({ zone: fc.constantFrom(...zones), at: instant });
  const nearTransition = fc
    .record({ transition: fc.constantFrom(...transitions), shift: fc.integer({ min: -14 * hourMs, max: 26 * hourMs }) })
    .map(({ transition: { zone, at }, shift }) => ({ zone, at: at + shift }));

  fc.assert(
    fc.property(fc.oneof(anywhere, nearTransition), fc.constantFrom(...kinds), ({ zone, at }, kind) => {
      const window = new Calendar(kind, zone).at(at);
      const other = (instantThere: number) => new Calendar(kind, zone).at(instantThere);

      expect(window.start).toBeLessThanOrEqual(at);
      expect(at).toBeLessThan(window.end);
      expect(other(window.start)).toEqual(window);
      expect(other(window.end - 1)).toEqual(window);
      expect(other(window.end).start).toBe(window.end);
      expect(other(window.start - 1).end).toBe(window.start);
    }),
    { numRuns: 300 },
  );
});

test('a day in Berlin is from midnight to midnight there, 23 or 25 hours when the clocks change', () => {
  expect(iso('Europe/Berlin', 'day', '2026-11-22T22:59:59Z')).toEqual(['2026-11-21T23:00:00.000Z', '2026-11-22T23:00:00.000Z']);
  expect(iso('Europe/Berlin', 'day', '2026-03-29T12:00:00Z')).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z']);
  expect(iso('Europe/Berlin', 'day', '2026-10-25T12:00:00Z')).toEqual(['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z']);
});

test('a month is a month of the calendar there', () => {
  expect(iso('Europe/Berlin', 'month', '2026-02-28T23:30:00Z')).toEqual(['2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z']);
  expect(iso('UTC', 'month', '2026-12-31T23:59:59Z')).toEqual(['2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']);
});

test('the hour that comes twice is two windows', () => {
  expect(iso('Europe/Berlin', 'hour', '2026-10-25T00:30:00Z')).toEqual(['2026-10-25T00:00:00.000Z', '2026-10-25T01:00:00.000Z']);
  expect(iso('Europe/Berlin', 'hour', '2026-10-25T01:30:00Z')).toEqual(['2026-10-25T01:00:00.000Z', '2026-10-25T02:00:00.000Z']);
});

test('an hour begins with the hour on the wall, also where that is not the hour in UTC', () => {
  expect(iso('Asia/Kathmandu', 'hour', '2026-11-22T12:20:00Z')).toEqual(['2026-11-22T12:15:00.000Z', '2026-11-22T13:15:00.000Z']);
});

test('a total has neither beginning nor end', () => {
  expect(new Calendar('total', 'UTC').at(Date.now())).toEqual({ start: -Infinity, end: Infinity });
});

test('a time zone that is none is an error', () => {
  expect(() => new Calendar('day', 'Mars/Olympus')).toThrow(RangeError);
});
