import { shiftDecimal } from './money.ts';
import type { FoundPrice, Rates, RateTier } from './price-source.ts';

/** USD per million tokens, as vendors print it. */
export interface Price extends Rates {
  /** Rates that replace the others for calls with longer input. @default [] */
  readonly tiers?: readonly PriceTier[] | undefined;
  /** USD per thousand calls of tools that run at the provider's: `{ web_search: 10 }`. @default {} */
  readonly fees?: Readonly<Record<string, number>> | undefined;
  /** What the rates are multiplied by for a service tier: `{ batch: 0.5 }`. @default every tier costs the same, and is marked approximate */
  readonly serviceTiers?: Readonly<Record<string, number>> | undefined;
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
  const { tiers = [], fees, serviceTiers, ...rates } = price;
  if (!Array.isArray(tiers)) throw new TypeError(`${field}.tiers: ${describe(tiers)} is not an array`);
  const read = tiers.map((tier: unknown, index) => readTier(`${field}.tiers[${index}]`, tier));
  read.sort((a, b) => a.aboveInputTokens - b.aboveInputTokens);
  return {
    source: 'own',
    match: name,
    rates: readRates(field, rates),
    tiers: read,
    fees: readAmounts(`${field}.fees`, fees),
    serviceTiers: readAmounts(`${field}.serviceTiers`, serviceTiers),
  };
}

/** Names of the user's own, each with a number of at least 0. */
function readAmounts(field: string, given: unknown): Readonly<Record<string, number>> | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) throw new TypeError(`${field}: ${describe(given)} is not an object of names and numbers`);
  const wrong = Object.entries(given).find(([, amount]) => !isRate(amount));
  if (wrong) throw new TypeError(`${field}.${wrong[0]}: ${describe(wrong[1])} is not a finite number of at least 0`);
  return Object.freeze({ ...given } as Record<string, number>);
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

/** Objects are not printed: whatever was put there by mistake may hold a key. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
