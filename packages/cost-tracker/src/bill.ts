import type { Unpriced } from './charge.ts';
import type { Rates } from './price-source.ts';
import type { UsagePart } from './usage/reading.ts';

/** Where a cost comes from: the rates are those used, so that a later price change does not alter it. */
export interface PriceUsed {
  /** `own`, `local`, `overlay`, `genai-prices`, `reported` (by the provider), `cache` (a hit costs nothing), `not_billed` (it failed before it cost anything), or another source's name. */
  readonly source: string;
  /** The entry that answered. */
  readonly match: string;
  /** USD per million tokens, multiplied for the terms of the call; `null` where the provider reported the sum. */
  readonly rates: Rates | null;
  /** The edition of the source, where it has one. */
  readonly version?: string | undefined;
  /** What the service tier, the speed and the place multiplied the listed rates by. @default 1 */
  readonly multiplier?: number | undefined;
  /** What tools at the provider's added to the cost of the tokens, in USD. @default nothing */
  readonly feesUsd?: string | undefined;
  /** Why the cost may be off a little. @default it is exact */
  readonly approximate?: string | undefined;
}

/** What one of several passes cost. */
export interface BilledPart extends UsagePart {
  /** The exact amount as a decimal, or `null` if it cannot be known. */
  readonly usd: string | null;
  readonly price: PriceUsed | null;
}

export type Bill = { readonly parts?: readonly BilledPart[] | undefined } & (
  | { readonly picodollars: bigint; readonly price: PriceUsed; readonly unpriced?: undefined }
  | { readonly picodollars: null; readonly price: PriceUsed | null; readonly unpriced: Unpriced }
);
