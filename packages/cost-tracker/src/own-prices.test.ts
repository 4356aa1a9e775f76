import { expect, test } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { free, perThousand, readPrices } from './own-prices.ts';

test('a flat price per thousand is a thousand times that per million, for every token', () => {
  expect(perThousand(0.0007)).toEqual({ input: 0.7, output: 0.7, audioInput: 0.7, audioOutput: 0.7 });
  expect(free).toEqual({ input: 0, output: 0, audioInput: 0, audioOutput: 0 });
});

test.each([
  ['a number', { m: 5 }, /prices\['m'\]: 5 is not a price/],
  ['a negative rate', { m: { input: -1 } }, /prices\['m'\]\.input: -1 is not a finite number of at least 0/],
  ['a rate that is no number', { m: { input: 1, output: '2' } }, /prices\['m'\]\.output: "2"/],
  ['an unknown rate', { m: { input: 1, ouput: 2 } }, /prices\['m'\]\.ouput: no such rate; there are input, output/],
  ['no input rate', { m: { output: 2 } }, /prices\['m'\]\.input: missing/],
  ['a tier without its edge', { m: { input: 1, tiers: [{ input: 2 }] } }, /prices\['m'\]\.tiers\[0\]\.aboveInputTokens/],
  ['NaN', { m: { input: Number.NaN } }, /prices\['m'\]\.input: NaN/],
])('a price with %s is a TypeError that names the field', (_, prices, message) => {
  expect(() => new CostTracker({ prices: prices as never })).toThrow(TypeError);
  expect(() => new CostTracker({ prices: prices as never })).toThrow(message);
});

test('a price changed afterwards changes no bill', () => {
  const mine = { input: 1, output: 2 };
  const prices = readPrices({ mine });

  mine.input = 100;

  expect(prices.get('mine')?.rates).toEqual({ input: 1, output: 2 });
  expect(Object.isFrozen(prices.get('mine')?.rates)).toBe(true);
});

test('tiers are put in order', () => {
  const prices = readPrices({
    m: {
      input: 1,
      tiers: [
        { aboveInputTokens: 20, input: 3 },
        { aboveInputTokens: 10, input: 2 },
      ],
    },
  });

  expect(prices.get('m')?.tiers?.map((tier) => tier.aboveInputTokens)).toEqual([10, 20]);
});

test('a wrong flat price is a TypeError', () => {
  expect(() => perThousand(-0.1)).toThrow(/perThousand\(-0.1\)/);
  expect(() => perThousand(Number.NaN)).toThrow(TypeError);
});
