import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from './cost-tracker.ts';

// Calls without a price are warned about; these tests have some.
beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const m = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, cacheWrite1h: 6 };

function tracker(): CostTracker {
  return new CostTracker({ prices: { m, plain: { input: 3, output: 15 } }, priceSource: { resolve: () => null } });
}

test('a cached read saves the difference to the rate of input', () => {
  const ledger = tracker();
  ledger.record({ model: 'm', inputTokens: 1_000_000, cacheReadTokens: 900_000, outputTokens: 0 });

  expect(ledger.summary().cache).toEqual({ readTokens: 900_000, writtenTokens: 0, hitRate: 0.9, savedUsd: 2.43 });
});

test('what was written and never read is a loss, the dearer the longer it is kept', () => {
  const ledger = tracker();
  ledger.record({
    model: 'm',
    inputTokens: 1_000_000,
    cacheWriteTokens: 1_000_000,
    cacheWrite1hTokens: 400_000,
    outputTokens: 0,
  });

  expect(ledger.summary().cache).toMatchObject({ hitRate: 0, savedUsd: -1.65 });
});

test('without a rate of its own a cached token saves nothing', () => {
  const ledger = tracker();
  ledger.record({ model: 'plain', inputTokens: 10, cacheReadTokens: 10, outputTokens: 0 });

  expect(ledger.summary().cache).toMatchObject({ hitRate: 1, savedUsd: 0 });
});

test('no input has no hit rate, and cached tokens without rates have no saving', () => {
  const ledger = tracker();

  expect(ledger.summary().cache).toEqual({ readTokens: 0, writtenTokens: 0, hitRate: null, savedUsd: 0 });
  ledger.record({ model: 'm', inputTokens: 10, cacheReadTokens: 9, outputTokens: 0, outcome: 'failed', possiblyBilled: true });
  expect(ledger.summary().cache.savedUsd).toBe(0.0000243);

  const unknown = new CostTracker({ priceSource: { resolve: () => null } });
  unknown.record({ model: 'ollama/m', local: false, inputTokens: 10, cacheReadTokens: 9 });
  expect(unknown.summary().cache.savedUsd).toBeNull();
});

test('the models are told apart, and their savings add up', () => {
  const ledger = tracker();
  ledger.record({ model: 'm', inputTokens: 100, cacheReadTokens: 100, outputTokens: 0 });
  ledger.record({ model: 'plain', inputTokens: 100, outputTokens: 0 });

  const { byModel, cache } = ledger.summary();

  expect(byModel['m']?.cache.hitRate).toBe(1);
  expect(byModel['plain']?.cache.hitRate).toBe(0);
  expect(cache.hitRate).toBe(0.5);
});
