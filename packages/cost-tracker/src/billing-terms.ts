/** What service tiers, speeds and places do to a price. Multipliers, as the vendors publish them; what nobody publishes is unknown. */
import { isFree, type Unpriced } from './charge.ts';
import { exact, multiplied, times, type TokenRate } from './money.ts';
import type { FoundPrice, Rates } from './price-source.ts';
import type { BillingTerms } from './usage/reading.ts';

export interface Terms {
  /** On every token rate; absent where it is 1. */
  readonly factor?: TokenRate | undefined;
  /** What the price leaves open. */
  readonly note?: string | undefined;
  readonly unpriced?: Unpriced | undefined;
}

/** Own prices are what the user pays, whatever the terms, unless they say more; a listed price on unknown terms is none. */
export function termsOf(
  call: BillingTerms & { readonly servedModel?: string | undefined },
  provider: string | undefined,
  id: string,
  found: FoundPrice,
): Terms {
  if (call.serviceTier === undefined && call.speed === undefined && call.inferenceGeo === undefined) return {};
  if (isFree(found.rates)) return {};
  const own = found.source === 'own';
  const factor = factorOf(own ? undefined : provider, call.servedModel ?? id, call, found);
  if (typeof factor !== 'string') return factor.numerator === factor.denominator ? {} : { factor };
  return own
    ? { note: `the price says nothing about ${factor}` }
    : { unpriced: { code: 'unknown_terms', reason: `no price is known for ${factor} of ${id}` } };
}

const one: TokenRate = { numerator: 1n, denominator: 1n };
const half: TokenRate = { numerator: 1n, denominator: 2n };
const usual: ReadonlySet<string> = new Set(['default', 'standard', 'on_demand', 'auto']);

/** The factor on every token rate, or what it is that nobody knows one for. Fees of tools are not multiplied. */
function factorOf(provider: string | undefined, model: string, terms: BillingTerms, price: FoundPrice): TokenRate | string {
  const { serviceTier, speed, inferenceGeo } = terms;
  const factors = [
    serviceTier === undefined || usual.has(serviceTier) ? one : tierFactor(provider, model, serviceTier, price),
    speed === undefined || speed === 'standard' ? one : speedFactor(provider, model, speed),
    inferenceGeo === undefined ? one : geoFactor(provider, inferenceGeo),
  ];
  const missing = factors.findIndex((factor) => factor === undefined);
  if (missing >= 0) return [`the ${serviceTier} tier`, `${speed} speed`, `inference in ${inferenceGeo}`][missing] ?? '';
  return factors.reduce<TokenRate>((product, factor) => times(product, factor ?? one), one);
}

function tierFactor(provider: string | undefined, model: string, tier: string, price: FoundPrice): TokenRate | undefined {
  const { serviceTiers = {} } = price;
  const stated = Object.hasOwn(serviceTiers, tier) ? serviceTiers[tier] : undefined;
  if (stated !== undefined) return exact(stated);
  switch (provider) {
    case 'openai':
      // Batch: https://platform.openai.com/docs/guides/batch. Flex is priced as batch: /docs/guides/flex-processing.
      if (tier === 'batch' || tier === 'flex') return half;
      // Renamed from one to the other in July 2026: https://openai.com/api-fast-mode/
      return tier === 'priority' || tier === 'fast' ? priorityFactor(model) : undefined;
    case 'anthropic':
      // https://platform.claude.com/docs/en/build-with-claude/batch-processing. Priority is a commitment, with no price per token.
      return tier === 'batch' ? half : undefined;
    case 'groq':
      // https://console.groq.com/docs/batch; flex costs what on demand does: /docs/flex-processing.
      return tier === 'batch' ? half : tier === 'flex' ? one : undefined;
    default:
      return undefined;
  }
}

/** Priority over standard, from the prices of both at https://openai.com/api-fast-mode/, read in November 2026. */
const priorityFactors: readonly (readonly [models: RegExp, numerator: bigint, denominator: bigint])[] = [
  [/^gpt-5\.6-(?:sol|terra|luna)$/, 2n, 1n],
  [/^gpt-5\.5$/, 5n, 2n],
  [/^gpt-5\.4(?:-mini)?$/, 2n, 1n],
  [/^gpt-5(?:\.1|\.2)?(?:-codex)?$/, 2n, 1n],
  [/^gpt-5-mini$/, 9n, 5n],
  [/^gpt-4\.1-nano$/, 2n, 1n],
  [/^(?:gpt-4\.1(?:-mini)?|o3|gpt-4o-2024-05-13)$/, 7n, 4n],
  [/^gpt-4o$/, 17n, 10n],
  [/^gpt-4o-mini$/, 5n, 3n],
  [/^o4-mini$/, 20n, 11n],
];

function priorityFactor(model: string): TokenRate | undefined {
  const undated = model === 'gpt-4o-2024-05-13' ? model : model.replace(/-\d{4}-\d{2}-\d{2}$/, '');
  const found = priorityFactors.find(([models]) => models.test(undated));
  return found && { numerator: found[1], denominator: found[2] };
}

/** https://platform.claude.com/docs/en/build-with-claude/fast-mode: Opus 4.6 and 4.7 cost six times as much, later ones twice. */
function speedFactor(provider: string | undefined, model: string, speed: string): TokenRate | undefined {
  if (provider !== 'anthropic' || speed !== 'fast') return undefined;
  if (/^claude-opus-4-[67]\b/.test(model)) return { numerator: 6n, denominator: 1n };
  return /^claude-opus-(?:4-8|5|5-5)(?:-\d{8})?$/.test(model) ? { numerator: 2n, denominator: 1n } : undefined;
}

/** https://platform.claude.com/docs/en/manage-claude/data-residency: 1.1 for every kind of token when it stays in the US. */
function geoFactor(provider: string | undefined, geo: string): TokenRate | undefined {
  if (geo === 'global' || geo === 'not_available') return one;
  return provider === 'anthropic' && geo === 'us' ? { numerator: 11n, denominator: 10n } : undefined;
}

/** The same price, multiplied. */
export function atFactor(price: FoundPrice, factor: TokenRate): FoundPrice {
  const scaled = (rates: Rates): Rates =>
    Object.fromEntries(
      Object.entries(rates).map(([name, rate]: [string, number | undefined]) => [
        name,
        rate === undefined ? rate : multiplied(rate, factor),
      ]),
    ) as unknown as Rates;
  return {
    ...price,
    rates: scaled(price.rates),
    tiers: price.tiers?.map(({ aboveInputTokens, rates }) => ({ aboveInputTokens, rates: scaled(rates) })),
  };
}
