import { expect, test } from 'vitest';
import type { Attempt } from './model.ts';
import { addUsage, spendOf } from './usage.ts';

const attempt = (facts: Partial<Attempt>): Attempt => ({
  id: 'a',
  model: 'a/b',
  startedAt: 0,
  waitMs: 0,
  durationMs: 1,
  outcome: 'answered',
  ...facts,
});

test('a count that neither side has stays absent, and the source is dropped', () => {
  const sum = addUsage(
    { inputTokens: 1, reasoningTokens: 0, source: { api: 'x', payload: {} } },
    { inputTokens: 2, outputTokens: 3, cacheReadTokens: undefined },
  );

  expect(sum).toStrictEqual({ inputTokens: 3, outputTokens: 3, reasoningTokens: 0 });
});

test('costs are summed exactly', () => {
  const costs = [0.1, 0.2, 0.000000000001, 0.7];

  const { costUsd } = spendOf(costs.map((cost) => attempt({ costUsd: cost })));

  expect(costUsd).toBe(1.000000000001);
  expect(spendOf([0.1, 0.2].map((cost) => attempt({ costUsd: cost }))).costUsd).toBe(0.3);
  expect(spendOf(Array.from({ length: 1_000 }, () => attempt({ costUsd: 0.0001 }))).costUsd).toBe(0.1);
});

test('a cost that nobody knows is null, and a cost of nothing is zero', () => {
  expect(spendOf([])).toEqual({ usage: {}, costUsd: null, unpriced: 0, attempts: [] });
  expect(spendOf([attempt({ costUsd: null })]).costUsd).toBeNull();
  expect(spendOf([attempt({ costUsd: 0 })]).costUsd).toBe(0);
});

test.each<[string, Partial<Attempt>, number]>([
  ['an answer without a price', { costUsd: null }, 1],
  ['an answer whose price nobody asked for', {}, 1],
  ['an answer whose price is no number', { costUsd: Number.NaN }, 1],
  ['a failure that used tokens', { outcome: 'failed', usage: { inputTokens: 3 } }, 1],
  ['an abort that may have been billed', { outcome: 'aborted', possiblyBilled: true }, 1],
  ['an answer with a price', { costUsd: 0.1 }, 0],
  ['a failure that used nothing', { outcome: 'failed' }, 0],
  ['a backend that was not asked', { outcome: 'skipped' }, 0],
  ['a cache hit', { outcome: 'cache_hit', usage: {} }, 0],
])('%s counts as unpriced accordingly', (_what, facts, unpriced) => {
  expect(spendOf([attempt(facts)]).unpriced).toBe(unpriced);
});

test('failed attempts count in usage and cost', () => {
  const attempts = [
    attempt({ outcome: 'failed', usage: { inputTokens: 10 }, costUsd: 0.001 }),
    attempt({ usage: { inputTokens: 10, outputTokens: 5 }, costUsd: 0.002 }),
  ];

  expect(spendOf(attempts)).toEqual({ usage: { inputTokens: 20, outputTokens: 5 }, costUsd: 0.003, unpriced: 0, attempts });
});
