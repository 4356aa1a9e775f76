import { expect, test } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { perThousand } from './own-prices.ts';

const usage = { inputTokens: 1_000, outputTokens: 1_000 };

test('a price that changes afterwards changes no row; pricing again is asked for, and leaves the ledger as it is', () => {
  const tracker = new CostTracker({ prices: { m: perThousand(1) } });
  tracker.record({ model: 'm', ...usage });
  tracker.record({ model: 'unheard-of', ...usage });

  const again = tracker.reprice({ prices: { m: perThousand(3), 'unheard-of': perThousand(0.5) } });

  expect(again).toMatchObject({ beforeUsd: '2', afterUsd: '7', changed: 2, unpriced: 0 });
  expect(again.rows.map(({ costUsd, price }) => [costUsd, price?.rates?.input])).toEqual([
    [6, 3_000],
    [1, 500],
  ]);
  expect(tracker.rows().map(({ costUsd }) => costUsd)).toEqual([2, null]);
  expect(tracker.reprice()).toMatchObject({ beforeUsd: '2', afterUsd: '2', changed: 0, unpriced: 1 });
});

test('the time of the row decides which price of the table', () => {
  const tracker = new CostTracker();
  tracker.record({ model: 'openai/o3', ...usage, at: Date.parse('2025-05-01') });

  expect(tracker.reprice()).toMatchObject({ beforeUsd: '0.05', afterUsd: '0.05' });
});

test('passes, tiers and tools are priced again as they were', () => {
  const tracker = new CostTracker();
  const iterations = [
    { type: 'message', input_tokens: 10, output_tokens: 5 },
    { type: 'compaction', input_tokens: 1_000, output_tokens: 100 },
  ];
  const payload = {
    usage: { input_tokens: 10, output_tokens: 5, service_tier: 'batch', iterations, server_tool_use: { web_search_requests: 1 } },
  };
  const row = tracker.record({ model: 'anthropic/claude-sonnet-5', source: { api: 'messages', payload } });

  const { rows, changed } = tracker.reprice();

  expect(row.costUsd).toBe((1_010 * 2 + 105 * 10) / 2 / 1e6 + 0.01);
  expect(changed).toBe(0);
  expect(rows[0]?.parts).toEqual(row.parts);
});

test('what the provider reported stays, and bad usage stays bad', () => {
  const tracker = new CostTracker();
  tracker.record({ model: 'openrouter/x', ...usage, reportedUsd: 0.5 });
  tracker.record({ model: 'm', inputTokens: 1, cacheReadTokens: 2, outputTokens: 1 });

  const { afterUsd, unpriced } = tracker.reprice({ prices: { 'openrouter/x': perThousand(9), m: perThousand(9) } });

  expect([afterUsd, unpriced]).toEqual(['0.5', 1]);
});
