/** Money is whole picodollars (1e-12 USD) in a bigint: sums are exact, and nothing is rounded before it is printed. */

/** Picodollars per token, as a fraction: a price below one picodollar stays exact. */
export interface TokenRate {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const picodollarDigits = 12;
const picodollarsPerUsd = 10n ** 12n;

/** `digits` × 10^`exponent`, read from the shortest text of a number: 0.1 is one tenth, not the float next to it. */
function decimalOf(value: number): { digits: bigint; exponent: number } {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

/** Moves the decimal point, which `value * 10 ** places` does not do exactly. */
export function shiftDecimal(value: number, places: number): number {
  const { digits, exponent } = decimalOf(value);
  return Number(`${digits}e${exponent + places}`);
}

/** USD per million tokens is the same figure as millionths of a picodollar per token, times 1e12. */
export function tokenRate(usdPerMillion: number): TokenRate {
  // Up to 15 digits, whole picodollars need no text: if the division gives the price back, the multiplication was exact.
  const whole = Math.round(usdPerMillion * 1e6);
  if (whole < 1e15 && whole / 1e6 === usdPerMillion) return { numerator: BigInt(whole), denominator: 1n };

  const { digits, exponent } = decimalOf(usdPerMillion);
  const power = exponent + 6;
  return power >= 0
    ? { numerator: digits * 10n ** BigInt(power), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-power) };
}

/** A number as the fraction that its shortest text says. */
export function exact(value: number): TokenRate {
  const { digits, exponent } = decimalOf(value);
  return exponent >= 0
    ? { numerator: digits * 10n ** BigInt(exponent), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-exponent) };
}

export function times(a: TokenRate, b: TokenRate): TokenRate {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator };
}

/** A price in USD per million tokens, multiplied: 0.1 times 1.1 is 0.11. */
export function multiplied(usdPerMillion: number, factor: TokenRate): number {
  const { numerator, denominator } = times(tokenRate(usdPerMillion), factor);
  return Number(numerator) / Number(denominator) / 1e6;
}

/** What `tokens` cost: exact where the rate is whole picodollars, else rounded half to even, once. */
export function picodollarsFor(tokens: number, { numerator, denominator }: TokenRate): bigint {
  const product = BigInt(tokens) * numerator;
  return denominator === 1n ? product : divideHalfEven(product, denominator);
}

/** Rounds to the nearest integer, halves to the even one. `divisor` is above zero. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const negative = dividend < 0n;
  const magnitude = negative ? -dividend : dividend;
  const floor = magnitude / divisor;
  const twice = (magnitude % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && floor % 2n === 1n);
  const rounded = up ? floor + 1n : floor;
  return negative ? -rounded : rounded;
}

/** The nearest whole number of picodollars. */
export function picodollarsOf(usd: number): bigint {
  const { digits, exponent } = decimalOf(usd);
  const power = exponent + picodollarDigits;
  return power >= 0 ? digits * 10n ** BigInt(power) : divideHalfEven(digits, 10n ** BigInt(-power));
}

/** The exact decimal, without trailing zeros: `0.0000066`. */
export function usdText(picodollars: bigint): string {
  return fixedUsd(picodollars, picodollarDigits).replace(/\.?0+$/, '');
}

/** The number nearest to the exact decimal. */
export function usdNumber(picodollars: bigint): number {
  const whole = Number(picodollars);
  // Two exact numbers: their quotient is rounded once, to the nearest.
  return Number.isSafeInteger(whole) ? whole / 1e12 : Number(usdText(picodollars));
}

/** Rounded for print, half to even, with exactly so many decimals (at least 1, at most 12). */
export function fixedUsd(picodollars: bigint, decimals: number): string {
  const unit = 10n ** BigInt(picodollarDigits - decimals);
  const rounded = divideHalfEven(picodollars, unit) * unit;
  const magnitude = rounded < 0n ? -rounded : rounded;
  const fraction = String(magnitude % picodollarsPerUsd)
    .padStart(picodollarDigits, '0')
    .slice(0, decimals);
  return `${rounded < 0n ? '-' : ''}${magnitude / picodollarsPerUsd}.${fraction}`;
}

/** A part of a whole, or `null` where there is no whole. */
export function shareOf(part: bigint, whole: bigint): number | null {
  return whole === 0n ? null : Number(part) / Number(whole);
}
