import { expect, test } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { entryOf } from './entry.ts';
import { perThousand } from './own-prices.ts';
import { SpendHistory } from './spend-history.ts';

const hour = 3_600_000;
const start = Date.parse('2026-03-01T00:00:00Z');

/** 1,000 requests of a cent each, one every quarter of an hour: ten days and ten hours. */
function busy(keepRows: number): CostTracker {
  const tracker = new CostTracker({ prices: { m: perThousand(0.01) }, keepRows });
  for (let call = 0; call < 1_000; call++) {
    tracker.record({ model: 'm', inputTokens: 1_000, outputTokens: 0, at: start + call * (hour / 4), simulated: call === 0 });
  }
  return tracker;
}

test('a forecast does not depend on how many rows are kept', () => {
  const now = start + 250 * hour;

  for (const period of ['day', 'month'] as const) {
    expect(busy(10).forecast({ now, period })).toEqual(busy(10_000).forecast({ now, period }));
  }
  expect(busy(10).forecast({ now })).toMatchObject({ spentUsd: 10, usdPerDay: 0.96, projectedUsd: 29.76 });
});

/** The part of the page that is about it. */
async function chart(tracker: CostTracker): Promise<string> {
  return (await tracker.html()).split('<h2>Cost by agent')[0]!.split('<h2>Cost over time')[1]!;
}

test('the course of time on a page does not depend on it either', async () => {
  expect(await chart(busy(10))).toBe(await chart(busy(10_000)));
  expect(await chart(busy(10))).toContain('USD per day');
});

test('an answer from a cache is no spending, and a request without a price is counted', () => {
  const tracker = new CostTracker({ prices: { m: perThousand(0.01) }, keepRows: 0 });
  tracker.record({ model: 'm', outcome: 'cache_hit', at: start });
  tracker.record({ model: 'm', outcome: 'failed', possiblyBilled: true, at: start + 1 });

  expect(tracker.forecast({ now: start + hour })).toMatchObject({ spentUsd: null, unpriced: 1 });
});

test('the rate of the last hours does not either, nor does a time zone whose hours begin between those of others', () => {
  const now = start + 100 * hour + 50 * 60_000;
  const steady = (keepRows: number): CostTracker => {
    const tracker = new CostTracker({ prices: { m: perThousand(0.01) }, keepRows });
    for (let minute = 600; minute > 0; minute--) {
      tracker.record({ model: 'm', inputTokens: 1_000, outputTokens: 0, at: now - minute * 60_000 });
    }
    return tracker;
  };

  for (const timeZone of ['UTC', 'Asia/Kolkata', 'Asia/Kathmandu']) {
    const [all, few] = [10_000, 10].map((keepRows) => steady(keepRows).forecast({ now, period: 'hour', timeZone, rateHours: 1 }));

    expect(few).toEqual(all);
  }
  expect(steady(10).forecast({ now, rateHours: 1.1 }).usdPerDay).toBeCloseTo(14.4, 10); // a cent a minute
  expect(steady(10).forecast({ now, period: 'hour', timeZone: 'Asia/Kolkata' }).spentUsd).toBe(0.2); // since 18:30 there
});

test('only the latest three months are kept', () => {
  const history = new SpendHistory();
  const row = new CostTracker({ prices: { m: perThousand(0.01) } }).record({ model: 'm', inputTokens: 1, outputTokens: 0 });
  for (let past = 0; past < 20_000; past++) history.add(entryOf({ ...row, at: start + past * (hour / 4) }));

  expect(history.sums()).toHaveLength(92 * 24 * 4);
  expect(history.sums()[0]?.at).toBe(start + (20_000 - 92 * 24 * 4) * (hour / 4));
});
