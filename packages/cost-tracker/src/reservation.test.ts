import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Budget } from './budget.ts';
import type { BudgetOptions } from './budget-options.ts';
import { charge } from './charge.ts';
import type { CallSize } from './call-size.ts';
import type { FoundPrice, Rates } from './price-source.ts';
import type { Prospect } from './prospects.ts';
import { estimate } from './reservation.ts';
import type { TokenUsage } from './usage.ts';

const rate = fc.oneof(fc.nat(100), fc.nat(1_000_000).map((value) => value / 1e4), fc.nat(1_000_000).map((value) => value / 1e12)); // prettier-ignore
const rates = fc.record<Rates>(
  { input: rate, output: rate, cacheRead: rate, cacheWrite: rate, cacheWrite1h: rate, reasoning: rate },
  { requiredKeys: ['input', 'output'] },
);
const price = fc
  .record({ rates, tiers: fc.array(fc.record({ aboveInputTokens: fc.nat(1_500), rates }), { maxLength: 3 }) })
  .map(({ tiers, ...rest }): FoundPrice => {
    return { source: 'own', match: 'm', ...rest, tiers: tiers.toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens) };
  });

/** Any usage of at most so many tokens. */
const call = fc.tuple(fc.nat(2_000), fc.nat(2_000)).chain(([inputTokens, outputTokens]) =>
  fc.record({ input: fc.nat(inputTokens), output: fc.nat(outputTokens) }).chain(({ input, output }) =>
    fc.record({ read: fc.nat(input), reasoning: fc.nat(output) }).chain(({ read, reasoning }) =>
      fc.nat(input - read).chain((written) =>
        fc.nat(written).map((hourly) => ({
          size: { inputTokens, outputTokens, answers: 1, terms: {} } satisfies CallSize,
          usage: {
            inputTokens: input,
            cacheReadTokens: read,
            cacheWriteTokens: written,
            cacheWrite1hTokens: hourly,
            outputTokens: output,
            reasoningTokens: reasoning,
          } satisfies TokenUsage,
        })),
      ),
    ),
  ),
);

const prospect = (more: Partial<Prospect> = {}): Prospect => ({
  size: { inputTokens: 100, outputTokens: 1_000, answers: 1, terms: {} },
  usualOutput: undefined,
  price: { source: 'own', match: 'm', rates: { input: 1, output: 2 } },
  ...more,
});
const budget = (more: Partial<BudgetOptions> = {}): Budget => new Budget({ limitUsd: 1, ...more } as BudgetOptions, 'budgets[0]');

test('no call within its bounds costs more than the worst, at whatever prices and in whatever tier', () => {
  fc.assert(
    fc.property(price, call, (found, { size, usage }) => {
      const { amount } = estimate(budget({ reserve: 'worst' }), prospect({ size, price: found }));

      expect(charge(usage, found).picodollars).toBeLessThanOrEqual(amount!);
    }),
    { numRuns: 1_000 },
  );
});

test('what is usual is held where the call allows as much, and never more than it allows', () => {
  const inTokens = budget({ limitTokens: 1, limitUsd: undefined });

  const held = [undefined, 300, 5_000].map((usualOutput) => estimate(inTokens, prospect({ usualOutput })).amount);

  expect(held).toEqual([1_100n, 400n, 1_100n]);
});

/** For two answers to a request of 100 tokens, under a budget in tokens. */
function heldForTwo(allowed: number | undefined, more: Partial<BudgetOptions> = {}, maxOutputTokens?: number): bigint | null {
  const size = { inputTokens: 100, outputTokens: allowed, answers: 2, terms: {} };
  const found = { source: 'list', match: 'm', rates: { input: 1, output: 2 }, maxOutputTokens };
  return estimate(budget({ limitTokens: 1, limitUsd: undefined, ...more } as BudgetOptions), prospect({ size, price: found }))
    .amount;
}

test('before that, 4,096 tokens are assumed of each answer, or what the budget says, but never more than the call or its model allows', () => {
  expect(heldForTwo(undefined)).toBe(8_292n);
  expect(heldForTwo(1_000_000)).toBe(8_292n);
  expect(heldForTwo(300)).toBe(400n);
  expect(heldForTwo(undefined, {}, 1_000_000)).toBe(8_292n);
  expect(heldForTwo(undefined, {}, 1_000)).toBe(2_100n);
  expect(heldForTwo(undefined, { assumedOutputTokens: 50 })).toBe(200n);
});

test('the worst is never assumed: it is what the call allows, or else its model, or else there is none', () => {
  const size = { inputTokens: 100, answers: 2, terms: {} };
  const worst = budget({ limitTokens: 1, limitUsd: undefined, reserve: 'worst' });
  const long = { source: 'list', match: 'm', rates: { input: 1, output: 2 }, maxOutputTokens: 1_000_000 };
  const bounded = budget({ limitTokens: 1, limitUsd: undefined, reserve: 'worst', maxCallTokens: 9 });

  expect(estimate(worst, prospect({ size: { ...size, outputTokens: 1_000_000 } })).amount).toBe(1_000_100n);
  expect(estimate(worst, prospect({ size, price: long })).amount).toBe(2_000_100n);
  expect(estimate(worst, prospect({ size }))).toMatchObject({ refusal: 'budget_unbounded' });
  expect(estimate(bounded, prospect({ size })).amount).toBe(9n);
});

test('what is free needs no bound', () => {
  const free = prospect({
    size: { inputTokens: null, answers: 1, terms: {} },
    price: { source: 'local', match: 'm', rates: { input: 0, output: 0 } },
  });

  expect(estimate(budget({ reserve: 'worst' }), free).amount).toBe(0n);
});

test('a price without a rate for output is none', () => {
  expect(estimate(budget(), prospect({ price: { source: 'own', match: 'm', rates: { input: 1 } } }))).toMatchObject({
    refusal: 'budget_unpriced',
  });
});
