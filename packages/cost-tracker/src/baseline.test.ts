import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { free, perThousand } from './own-prices.ts';

// Calls without a price are warned about; these tests have many.
beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const prices = { 'gpt-4': perThousand(0.03), dear: perThousand(0.06), mine: free };
const thousand = { inputTokens: 500, outputTokens: 500 };

test('a negative saving is a loss, and is shown as one', () => {
  const tracker = new CostTracker({ prices, baseline: 'gpt-4' });

  tracker.record({ model: 'dear', ...thousand });

  expect(tracker.summary().baseline).toMatchObject({ costUsd: 0.03, spentUsd: 0.06, savedUsd: -0.03, savedShare: -1 });
  expect(tracker.report()).toContain('Saved     -0.03 USD (-100 %)');
});

test('a baseline without a price is not available, instead of free, and is what is said to have none', async () => {
  const tracker = new CostTracker({ prices, baseline: 'gpt-44' });

  tracker.record({ model: 'dear', ...thousand });

  expect(tracker.summary().baseline).toEqual({
    basis: 'same_tokens',
    model: 'gpt-44',
    costUsd: null,
    spentUsd: null,
    savedUsd: null,
    savedShare: null,
    excluded: 1,
    baselineUnpriced: 1,
  });
  const text = tracker.report();
  expect(text.replaceAll(/\s+/g, ' ')).toContain(
    'Saved not available: no price is known for the baseline gpt-44; check its name, or add it to `prices`',
  );
  expect(text).toContain('Left out  1 request for which the baseline has no price');
  expect(await tracker.html()).toContain('no price is known for the baseline gpt-44');
});

test('a call that reported no usage is not held against the baseline', () => {
  const tracker = new CostTracker({ prices, baseline: 'gpt-4' });

  tracker.record({ model: 'dear' });

  expect(tracker.summary().baseline).toMatchObject({ excluded: 1, baselineUnpriced: 0 });
  expect(tracker.report()).toMatch(/Saved +not available\n +Left out +1 request without a price/);
});

test('a call without a price is left out on both sides', () => {
  const tracker = new CostTracker({ prices, baseline: 'gpt-4', priceSource: { resolve: () => null } });

  tracker.record({ model: 'mine', ...thousand });
  tracker.record({ model: 'acme/unknown', ...thousand });

  expect(tracker.summary().baseline).toMatchObject({ costUsd: 0.03, spentUsd: 0, savedShare: 1, excluded: 1 });
});

test('failed attempts that cost money reduce the saving: the baseline would not have made them', () => {
  const tracker = new CostTracker({ prices, baseline: 'gpt-4' });

  tracker.record({ model: 'gpt-4', ...thousand, outcome: 'failed' });
  tracker.record({ model: 'mine', ...thousand });

  expect(tracker.summary().baseline).toMatchObject({ costUsd: 0.03, spentUsd: 0.03, savedUsd: 0, savedShare: 0 });
});

test('answers from a cache are in neither side', () => {
  const tracker = new CostTracker({ prices, baseline: 'gpt-4' });

  tracker.record({ model: 'dear', ...thousand, outcome: 'cache_hit' });

  expect(tracker.summary().baseline).toMatchObject({ costUsd: null, excluded: 0 });
});

test('a baseline has the cache prices of its own model', () => {
  const tracker = new CostTracker({ prices, baseline: 'openai/gpt-4o' });

  tracker.record({ model: 'mine', inputTokens: 1_000, cacheReadTokens: 1_000, outputTokens: 0 });

  expect(tracker.summary().baseline?.costUsd).toBe(0.00125);
});

test('what a workflow used to cost is a baseline too', () => {
  const tracker = new CostTracker({ prices, baseline: { costPerWorkflowUsd: 0.15 } });

  tracker.record({ model: 'gpt-4', ...thousand, workflow: 'post-1' });
  tracker.record({ model: 'gpt-4', ...thousand, workflow: 'post-2' });

  expect(tracker.summary().baseline).toEqual({
    basis: 'per_workflow',
    model: null,
    costUsd: 0.3,
    spentUsd: 0.06,
    savedUsd: 0.24,
    savedShare: 0.8,
    excluded: 0,
    baselineUnpriced: 0,
  });
});

test('a stated cost per workflow says nothing while a call of a workflow has no price', () => {
  const tracker = new CostTracker({ prices, baseline: { costPerWorkflowUsd: 0.15 }, priceSource: { resolve: () => null } });

  tracker.record({ model: 'acme/unknown', ...thousand, workflow: 'post-1' });

  expect(tracker.summary().baseline).toMatchObject({ costUsd: 0.15, savedUsd: null, savedShare: null, excluded: 1 });
});
