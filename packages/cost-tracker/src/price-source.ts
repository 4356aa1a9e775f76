/** USD per million tokens. A rate that is not given falls back as each field says. */
export interface Rates {
  readonly input: number;
  /** Without it, a call with output has no price. */
  readonly output?: number | undefined;
  /** @default `input` */
  readonly cacheRead?: number | undefined;
  /** @default `input` */
  readonly cacheWrite?: number | undefined;
  /** Cache writes kept for an hour. @default `cacheWrite` */
  readonly cacheWrite1h?: number | undefined;
  /** @default `output` */
  readonly reasoning?: number | undefined;
  /** Without it, a call with audio input has no price: audio costs many times what text does. */
  readonly audioInput?: number | undefined;
  /** Without it, a call with audio output has no price. */
  readonly audioOutput?: number | undefined;
}

/** Other rates for the whole of a call whose input is longer. */
export interface RateTier {
  readonly aboveInputTokens: number;
  readonly rates: Rates;
}

/** Rates, and where they came from. */
export interface FoundPrice {
  /** Who said so: `own`, `local`, `overlay`, `genai-prices`, or the name of another source. */
  readonly source: string;
  /** The edition of the source, where it has one. */
  readonly version?: string | undefined;
  /** The entry that answered. */
  readonly match: string;
  readonly rates: Rates;
  /** Shortest input first. @default [] */
  readonly tiers?: readonly RateTier[] | undefined;
  /** USD per thousand calls of tools that run at the provider's, as `web_search`. @default {} */
  readonly fees?: Readonly<Record<string, number>> | undefined;
  /** Why it may not be exactly the price, as when an undated model's stands in. @default it is */
  readonly approximate?: string | undefined;
  /** What rates are multiplied by for a service tier, as `flex`. @default what is known of the provider */
  readonly serviceTiers?: Readonly<Record<string, number>> | undefined;
  /** No answer is longer: a budget with `reserve: 'worst'` goes by it. @default not known */
  readonly maxOutputTokens?: number | undefined;
}

/** Knows list prices. It is asked what own prices do not answer. */
export interface PriceSource {
  /** The price at that time (epoch milliseconds), or `null` if it is not known. `provider` is absent when nobody named one. */
  resolve(provider: string | undefined, model: string, at: number): FoundPrice | null;
}
