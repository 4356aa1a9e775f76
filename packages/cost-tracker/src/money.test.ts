import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { divideHalfEven, fixedUsd, picodollarsFor, picodollarsOf, shiftDecimal, tokenRate, usdNumber, usdText } from './money.ts';

/** A decimal with at most 15 digits, as text: what a price list may print. */
const decimal = fc.tuple(fc.integer({ min: 0, max: 999_999_999 }), fc.integer({ min: 0, max: 15 })).map(([digits, places]) => {
  const text = String(digits).padStart(places + 1, '0');
  return {
    digits: BigInt(digits),
    places,
    value: Number(`${text.slice(0, text.length - places)}.${text.slice(text.length - places)}`),
  };
});

test('a rate is exactly the decimal that was written, however small', () => {
  fc.assert(
    fc.property(decimal, ({ digits, places, value }) => {
      const { numerator, denominator } = tokenRate(value);

      // digits / 10^places USD per million tokens are digits × 10^6 / 10^places picodollars per token.
      expect(numerator * 10n ** BigInt(places)).toBe(digits * 10n ** 6n * denominator);
    }),
  );
});

test.each([
  ['0.15', 0.15, 150_000n, 1n],
  ['a thousandth of a picodollar', 0.000000001, 1n, 1_000n],
  ['half a picodollar', 0.0000005, 5n, 10n],
  ['a price that floats cannot hold', 0.1 + 0.2, 30_000_000_000_000_004n, 100_000_000_000n],
])('a rate of %s per million tokens is read from its shortest text', (_, usd, numerator, denominator) => {
  const rate = tokenRate(usd);

  expect(rate.numerator * denominator).toBe(numerator * rate.denominator);
});

test('a sum below a picodollar is rounded once, halves to even', () => {
  const half = tokenRate(0.0000005);

  expect([1, 2, 3, 4, 5].map((tokens) => picodollarsFor(tokens, half))).toEqual([0n, 1n, 2n, 2n, 2n]);
});

test('division rounds to the nearest, halves to even, and is odd in its sign', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.bigInt({ min: 1n, max: 10n ** 15n }),
      (dividend, divisor) => {
        const quotient = divideHalfEven(dividend, divisor);
        const twiceError = 2n * (dividend - quotient * divisor);

        expect(twiceError <= divisor && twiceError >= -divisor).toBe(true);
        if (twiceError === divisor || twiceError === -divisor) expect(quotient % 2n).toBe(0n);
        expect(divideHalfEven(-dividend, divisor)).toBe(-quotient);
      },
    ),
  );
});

test('an amount survives its way through text, and through a number up to 9,007 USD', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.bigInt({ min: 0n, max: 10n ** 15n }), (any, small) => {
      expect(
        BigInt(usdText(any).replace(/^(-?)(\d+)\.?(\d*)$/, (_, sign, whole, part) => sign + whole + part.padEnd(12, '0'))),
      ).toBe(any);
      expect(picodollarsOf(usdNumber(small))).toBe(small);
      expect(usdNumber(any)).toBe(Number(usdText(any)));
    }),
  );
});

test('texts have no float error and no needless zeros', () => {
  expect(usdText(6_600_000n)).toBe('0.0000066');
  expect(usdText(0n)).toBe('0');
  expect(usdText(100n * 10n ** 12n)).toBe('100');
  expect(usdText(-45_750_000_000n)).toBe('-0.04575');
  expect(fixedUsd(5_000_000_000n, 2)).toBe('0.00');
  expect(fixedUsd(15_000_000_000n, 2)).toBe('0.02');
  expect(fixedUsd(-1_999_999_999_999n, 2)).toBe('-2.00');
});

test('a decimal point moves without a rounding error', () => {
  expect(shiftDecimal(0.0007, 3)).toBe(0.7);
  expect(shiftDecimal(5e-7, 3)).toBe(0.0005);
  expect(shiftDecimal(0.0041, 3)).toBe(4.1);
  expect(0.0041 * 1_000).not.toBe(4.1); // which is why
});
