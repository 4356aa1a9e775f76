import { shiftDecimal } from './money.ts';
import type { FoundPrice, Rates, RateTier } from './price-source.ts';

/** USD per million tokens, as vendors print it. */
export interface Price extends Rates {
  /** Rates that replace the others for calls with longer input. @default [] */
  readonly tiers?: readonly PriceTier[] | undefined;
}

/** The rates of a whole call with more input tokens than this. */
export interface PriceTier extends Rates {
  readonly aboveInputTokens: number;
}

/**
 * One flat rate for every token, in USD per thousand.
 *
 * @example
 * new CostTracker({ prices: { 'gpt-4': perThousand(0.03) } });
 *
 * @throws {TypeError} when `usd` is not a finite number of at least 0.
 */
export function perThousand(usd: number): Price {
  if (!isRate(usd)) throw new TypeError(`perThousand(${String(usd)}): a price is a finite number of at least 0`);
  const rate = shiftDecimal(usd, 3);
  return Object.freeze({ input: rate, output: rate, audioInput: rate, audioOutput: rate });
}

/** Costs nothing: for models on machines of your own. */
export const free: Price = perThousand(0);

const rateNames: ReadonlySet<string> = new Set<keyof Rates>([
  'input',
  'output',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
  'reasoning',
  'audioInput',
  'audioOutput',
]);

/** Checks a user's prices and keeps a frozen copy of them, so that a later change of theirs changes no bill. */
export function readPrices(prices: unknown): ReadonlyMap<string, FoundPrice> {
  if (!isObject(prices)) throw new TypeError(`prices: ${describe(prices)} is not an object of model names and prices`);
  return new Map(Object.entries(prices).map(([name, price]) => [name, readPrice(name, price)]));
}

function readPrice(name: string, price: unknown): FoundPrice {
  const field = `prices['${name}']`;
  if (!isObject(price)) {
    throw new TypeError(
      `${field}: ${describe(price)} is not a price: use { input, output } in USD per million tokens, perThousand(usd) or free`,
    );
  }
  const { tiers = [], ...rates } = price;
  if (!Array.isArray(tiers)) throw new TypeError(`${field}.tiers: ${describe(tiers)} is not an array`);
  const read = tiers.map((tier: unknown, index) => readTier(`${field}.tiers[${index}]`, tier));
  read.sort((a, b) => a.aboveInputTokens - b.aboveInputTokens);
  return { source: 'own', match: name, rates: readRates(field, rates), tiers: read };
}

function readTier(field: string, tier: unknown): RateTier {
  if (!isObject(tier)) throw new TypeError(`${field}: ${describe(tier)} is not { aboveInputTokens, input, output }`);
  const { aboveInputTokens, ...rates } = tier;
  if (!Number.isSafeInteger(aboveInputTokens) || (aboveInputTokens as number) < 0) {
    throw new TypeError(`${field}.aboveInputTokens: ${describe(aboveInputTokens)} is not a whole number of tokens`);
  }
  return { aboveInputTokens: aboveInputTokens as number, rates: readRates(field, rates) };
}

function readRates(field: string, given: Readonly<Record<string, unknown>>): Rates {
  for (const [name, rate] of Object.entries(given)) {
    if (!rateNames.has(name)) throw new TypeError(`${field}.${name}: no such rate; there are ${[...rateNames].join(', ')}`);
    if (rate !== undefined && !isRate(rate)) {
      throw new TypeError(`${field}.${name}: ${describe(rate)} is not a finite number of at least 0 (USD per million tokens)`);
    }
  }
  if (given['input'] === undefined)
    throw new TypeError(`${field}.input: missing; it is the price of a million input tokens in USD`);
  return Object.freeze({ ...given } as unknown as Rates);
}

function isRate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (typeof value === 'number') return String(value); // JSON has no NaN
  return JSON.stringify(value) ?? typeof value;
}
