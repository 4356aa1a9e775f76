import { expect, test } from 'vitest';
import { compareModels, reportModels } from './compare-models.ts';
import { CostTracker } from './cost-tracker.ts';

const priceSource = { resolve: () => null };

function trackerOf(latencies: Readonly<Record<string, readonly number[]>>, simulated = false): CostTracker {
  const tracker = new CostTracker({ priceSource });
  for (const [model, values] of Object.entries(latencies)) {
    for (const latencyMs of values) tracker.record({ model, local: true, latencyMs, simulated });
  }
  return tracker;
}

// The averages, ranges and order of the table in step 9 of the guide.
const guide = {
  'gpt-4': [987, 1_192, 1_523],
  'claude-sonnet': [845, 882, 1_234],
  'groq-fast': [198, 192, 345],
  'local-mistral': [134, 145, 189],
  'local-llama': [78, 77, 112],
};

test('the fastest model and the most consistent one are named', () => {
  const { models, fastest, mostConsistent } = compareModels(trackerOf(guide));

  expect(models.map(({ model, avgMs }) => [model, Math.round(avgMs)])).toEqual([
    ['local-llama', 89],
    ['local-mistral', 156],
    ['groq-fast', 245],
    ['claude-sonnet', 987],
    ['gpt-4', 1_234],
  ]);
  expect(fastest).toMatchObject({ model: 'local-llama', minMs: 77, maxMs: 112 });
  expect(mostConsistent).toMatchObject({ model: 'local-llama', rangeMs: 35 });
});

test('as a string it is the table', () => {
  const comparison = compareModels(trackerOf({ slow: [987, 1_192, 1_523], quick: [77, 78, 112] }));

  expect(String(comparison)).toBe(`Models compared
  ms       Avg    P50    P95  P99  Min    Max  Answers
  quick     89     78    112    –   77    112        3
  slow   1,234  1,192  1,523    –  987  1,523        3
  Fastest          quick (89 ms on average)
  Most consistent  quick (35 ms between its quickest and its slowest)
`);
});

test('a single answer makes no model consistent', () => {
  const { mostConsistent, fastest } = compareModels(trackerOf({ once: [5], often: [10, 20] }));

  expect(fastest?.model).toBe('once');
  expect(mostConsistent?.model).toBe('often');
});

function answers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

test('the 99th percentile needs a hundred answers', () => {
  const { models } = compareModels(trackerOf({ few: answers(99), many: answers(100) }));

  expect(models.map(({ model, p99Ms }) => [model, p99Ms])).toEqual([
    ['few', null],
    ['many', 99],
  ]);
});

test('without an answer there is nothing to compare', () => {
  const tracker = new CostTracker({ priceSource });
  tracker.record({ model: 'm', outcome: 'failed', latencyMs: 3 });

  expect(compareModels(tracker)).toMatchObject({ models: [], fastest: null, mostConsistent: null });
  expect(String(compareModels(tracker))).toContain('no answer was measured');
});

test('times of a simulator are marked', () => {
  expect(reportModels(compareModels(trackerOf({ m: [1, 2] }, true)))).toContain('Simulated');
});

test.each([40, 60, 80, 120])('the table fits %i columns', (columns) => {
  const long = trackerOf({ [`a-model-with-${'a-very-'.repeat(9)}long-name`]: [1, 100_000], b: [3, 4] });

  for (const line of reportModels(compareModels(long), { columns }).split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
});
