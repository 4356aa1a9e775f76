import { usdText } from './money.ts';
import type { Unpriced } from './charge.ts';
import { genaiPrices } from './genai-prices.ts';
import { readPrices, type Price } from './own-prices.ts';
import { Pricer } from './pricer.ts';
import type { PriceSource, Rates } from './price-source.ts';
import { checkUsage, type TokenUsage } from './usage.ts';

export interface CostQuestion {
  /** `openai`, `anthropic`, `groq` … @default guessed from the model's name, where that is plain */
  readonly provider?: string | undefined;
  readonly model: string;
  readonly usage: TokenUsage;
  /** When the call was made: a date, or epoch milliseconds. @default now */
  readonly at?: Date | number | undefined;
  /** Runs on the caller's own machines. @default true for Ollama's models, except those in its cloud */
  readonly local?: boolean | undefined;
  /** Own prices, asked first. @default {} */
  readonly prices?: Readonly<Record<string, Price>> | undefined;
  /** Asked for what own prices do not answer. @default genaiPrices() */
  readonly priceSource?: PriceSource | undefined;
}

export interface CostAnswer {
  /** The exact amount as a decimal, or `null` if it cannot be known. */
  readonly usd: string | null;
  /** Who knew the price: `own`, `local`, `genai-prices`. */
  readonly source: string | null;
  /** The entry that answered. */
  readonly match: string | null;
  /** The rates used, in USD per million tokens. */
  readonly rates: Rates | null;
  /** Why there is no amount. */
  readonly unpriced: Unpriced | null;
}

/**
 * What one call costs, without a tracker.
 *
 * @example
 * costOf({ provider: 'openai', model: 'gpt-4', usage: { inputTokens: 800, outputTokens: 700 } }).usd; // '0.066'
 *
 * @throws {TypeError} when `prices` holds something that is no price.
 */
export function costOf(question: CostQuestion): CostAnswer {
  const { provider, model, local, at = Date.now(), prices = {}, priceSource = genaiPrices() } = question;
  const name = provider === undefined ? model : `${provider}/${model}`;
  const { usage, problem } = checkUsage(question.usage);
  const pricer = new Pricer(readPrices(prices), priceSource);

  const bill = pricer.bill({ model: name, local, at: Number(at), usage, outcome: 'answered' }, problem);

  return {
    usd: bill.picodollars === null ? null : usdText(bill.picodollars),
    source: bill.price?.source ?? null,
    match: bill.price?.match ?? null,
    rates: bill.price?.rates ?? null,
    unpriced: bill.unpriced ?? null,
  };
}
