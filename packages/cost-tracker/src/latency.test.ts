import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LatencySeries } from './latency.ts';

function seriesOf(values: readonly number[]): LatencySeries {
  const series = new LatencySeries();
  for (const value of values) series.add(value);
  return series;
}

function nearestRank(values: readonly number[], fraction: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(fraction * values.length) - 1]!;
}

/** Heavy-tailed, and the same at every run. */
function samples(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 20 * 1.0007 ** ((index * 7_919) % 10_000));
}

test('nothing measured is null, not NaN', () => {
  expect(new LatencySeries().figures()).toEqual({
    count: 0,
    avg: null,
    p50: null,
    p95: null,
    p99: null,
    min: null,
    max: null,
    percentiles: 'exact',
  });
});

test('up to a thousand values, percentiles are values that were measured', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 1_000 }), (values) => {
      expect(seriesOf(values).figures()).toMatchObject({
        count: values.length,
        p50: nearestRank(values, 0.5),
        p95: nearestRank(values, 0.95),
        p99: nearestRank(values, 0.99),
        min: Math.min(...values),
        max: Math.max(...values),
        percentiles: 'exact',
      });
    }),
  );
});

test('of ten values the 95th percentile is the tenth', () => {
  expect(seriesOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10_000]).figures().p95).toBe(10_000);
});

test('beyond a thousand values, percentiles are within 1 %, and the rest stays exact', () => {
  const values = samples(20_000);

  const figures = seriesOf(values).figures();

  expect(figures).toMatchObject({ count: 20_000, percentiles: 'histogram', min: Math.min(...values), max: Math.max(...values) });
  for (const [name, fraction] of [
    ['p50', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    expect(Math.abs(figures[name]! / nearestRank(values, fraction) - 1)).toBeLessThan(0.0101);
  }
});

test('zero and very long durations have a bucket', () => {
  const figures = seriesOf([...Array<number>(1_500).fill(0), ...Array<number>(100).fill(1e12)]).figures();

  expect(figures).toMatchObject({ min: 0, max: 1e12 });
  expect(figures.p50).toBeLessThan(0.2);
});

test.each([
  [10, 20],
  [900, 900],
  [10, 5_000],
  [5_000, 10],
  [3_000, 3_000],
])('merging series of %i and %i equals measuring all in one', (first, second) => {
  const values = samples(first + second);
  const merged = seriesOf(values.slice(0, first));

  merged.merge(seriesOf(values.slice(first)));

  const { avg, ...figures } = merged.figures();
  const { avg: allAvg, ...all } = seriesOf(values).figures();
  expect(figures).toEqual(all);
  expect(avg).toBeCloseTo(allAvg!, 6);
});
