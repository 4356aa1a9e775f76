import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { charge } from './charge.ts';
import { free, perThousand } from './own-prices.ts';
import type { FoundPrice, Rates } from './price-source.ts';

const found = (rates: Rates, tiers: FoundPrice['tiers'] = []): FoundPrice => ({
  source: 'own',
  match: 'some-model',
  rates,
  tiers,
});
const sonnet = found({ input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, cacheWrite1h: 6 });

test('cached tokens are charged once, at their own rate', () => {
  const usage = { inputTokens: 1_000, cacheReadTokens: 600, cacheWriteTokens: 300, cacheWrite1hTokens: 100, outputTokens: 10 };

  // 100 fresh × 3, 600 × 0.3, 200 × 3.75, 100 × 6 and 10 × 15, in millionths of a USD
  expect(charge(usage, sonnet).picodollars).toBe((300n + 180n + 750n + 600n + 150n) * 1_000_000n);
});

test('a rate that is not given falls back to the one that includes it', () => {
  const usage = {
    inputTokens: 10,
    cacheReadTokens: 4,
    cacheWriteTokens: 3,
    cacheWrite1hTokens: 2,
    outputTokens: 5,
    reasoningTokens: 5,
  };

  expect(charge(usage, found({ input: 1, output: 2 })).picodollars).toBe(20_000_000n);
});

test('reasoning and audio have their own rates where there are any', () => {
  const usage = { inputTokens: 10, audioInputTokens: 4, outputTokens: 10, reasoningTokens: 3, audioOutputTokens: 2 };
  const rates = { input: 1, output: 1, audioInput: 100, audioOutput: 200, reasoning: 5 };

  expect(charge(usage, found(rates)).picodollars).toBe((6n + 400n + 5n + 15n + 400n) * 1_000_000n);
});

test('audio without a rate for audio has no price, instead of that of text', () => {
  const { picodollars, unpriced } = charge(
    { inputTokens: 10, audioInputTokens: 5, outputTokens: 1 },
    found({ input: 2.5, output: 10 }),
  );

  expect(picodollars).toBeNull();
  expect(unpriced).toEqual({ code: 'no_rate', reason: 'some-model has no rate for audio input' });
});

test('the whole call moves to another tier at the first token above it', () => {
  const tiered = found({ input: 3, output: 15 }, [{ aboveInputTokens: 200_000, rates: { input: 6, output: 22.5 } }]);

  expect(charge({ inputTokens: 200_000, outputTokens: 0 }, tiered).picodollars).toBe(600_000_000_000n);
  expect(charge({ inputTokens: 200_001, outputTokens: 1_000 }, tiered).picodollars).toBe(1_222_506_000_000n);
  expect(charge({ inputTokens: 200_001, outputTokens: 0 }, tiered).rates).toEqual({ input: 6, output: 22.5 });
});

test('what was not reported is not taken for nothing', () => {
  expect(charge({ outputTokens: 5 }, sonnet).unpriced?.reason).toBe('its input tokens were not reported');
  expect(charge({ inputTokens: 5 }, sonnet).unpriced?.reason).toBe('its output tokens were not reported');
  expect(charge({ inputTokens: 5 }, found({ input: 0.02 })).picodollars).toBe(100_000n); // embeddings have no output
  expect(charge({}, found(free)).picodollars).toBe(0n);
});

test('a flat price charges every kind of token the same', () => {
  const usage = fc.record({
    inputTokens: fc.nat(),
    outputTokens: fc.nat(),
    audioInputTokens: fc.nat(),
    audioOutputTokens: fc.nat(),
  });
  const flat = found(perThousand(0.03));

  fc.assert(
    fc.property(usage, ({ inputTokens, outputTokens, audioInputTokens, audioOutputTokens }) => {
      const subsets = {
        audioInputTokens: Math.min(audioInputTokens, inputTokens),
        audioOutputTokens: Math.min(audioOutputTokens, outputTokens),
      };

      expect(charge({ inputTokens, outputTokens, ...subsets }, flat).picodollars).toBe(
        BigInt(inputTokens + outputTokens) * 30_000_000n,
      );
    }),
  );
});
