import type { BilledPart } from './bill.ts';
import type { Unpriced } from './charge.ts';
import { shown } from './check-options.ts';
import { genaiPrices } from './genai-prices.ts';
import { usdText } from './money.ts';
import { readPrices, type Price } from './own-prices.ts';
import type { PriceSource, Rates } from './price-source.ts';
import { Pricer } from './pricer.ts';
import { checkUsage, type TokenUsage } from './usage.ts';
import type { BillingTerms, ServerTools, UsagePart } from './usage/reading.ts';

/** What was used, and of whom. All that `usageFrom` says fits in. */
export interface CostQuestion extends BillingTerms {
  /** `openai`, `anthropic`, `groq` … @default guessed from the model's name, where that is plain */
  readonly provider?: string | undefined;
  readonly model: string;
  readonly usage: TokenUsage;
  /** The model id the provider says it served. @default `model` */
  readonly servedModel?: string | undefined;
  /** Billed one by one, in place of `usage`. @default all in one */
  readonly parts?: readonly UsagePart[] | undefined;
  /** How often each tool ran at the provider's. @default none */
  readonly serverTools?: ServerTools | undefined;
  /** What the provider says it charged: then that is the cost. @default it said nothing */
  readonly reportedUsd?: number | undefined;
  /** What is wrong with the usage: then there is no cost. @default nothing */
  readonly problem?: string | undefined;
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
  /** Who knew the price: `own`, `local`, `overlay`, `genai-prices`, or `reported` by the provider. */
  readonly source: string | null;
  /** The edition of the source, where it has one. */
  readonly version: string | null;
  /** The entry that answered. */
  readonly match: string | null;
  /** The rates used, in USD per million tokens. */
  readonly rates: Rates | null;
  /** Why the amount may be off a little; `null` if it is exact. */
  readonly approximate: string | null;
  /** What tools at the provider's added, in USD. */
  readonly feesUsd: string | null;
  /** What each pass cost, where there were several. */
  readonly parts: readonly BilledPart[] | null;
  /** Why there is no amount. */
  readonly unpriced: Unpriced | null;
}

/**
 * What one call costs, without a tracker.
 *
 * @example
 * costOf({ provider: 'openai', model: 'gpt-4', usage: { inputTokens: 800, outputTokens: 700 } }).usd; // '0.066'
 * costOf({ provider: 'anthropic', model: message.model, ...usageFrom('messages', message) }).usd;
 *
 * @throws {TypeError} when there is no `usage`, or `prices` holds something that is no price.
 */
export function costOf(question: CostQuestion): CostAnswer {
  if (typeof question?.usage !== 'object' || question.usage === null)
    throw new TypeError(
      `costOf: usage is ${shown(question?.usage)}; it is an object such as { inputTokens: 800, outputTokens: 700 }`,
    );
  const { provider, model, at = Date.now(), prices = {}, priceSource = genaiPrices() } = question;
  const { servedModel, local, parts, serverTools, reportedUsd, serviceTier, speed, inferenceGeo } = question;
  const name = provider === undefined ? model : `${provider}/${model}`;
  const { usage, problem } = checkUsage(question.usage);
  const pricer = new Pricer(readPrices(prices), priceSource);
  const terms = { serviceTier, speed, inferenceGeo };

  const bill = pricer.bill(
    { model: name, servedModel, local, at: Number(at), usage, parts, serverTools, reportedUsd, ...terms, outcome: 'answered' },
    question.problem ?? problem,
  );

  return {
    usd: bill.picodollars === null ? null : usdText(bill.picodollars),
    source: bill.price?.source ?? null,
    version: bill.price?.version ?? null,
    match: bill.price?.match ?? null,
    rates: bill.price?.rates ?? null,
    approximate: bill.price?.approximate ?? null,
    feesUsd: bill.price?.feesUsd ?? null,
    parts: bill.parts ?? null,
    unpriced: bill.unpriced ?? null,
  };
}
