import type * as GenaiPrices from '@pydantic/genai-prices';
import type { FoundPrice, PriceSource, Rates, RateTier } from './price-source.ts';

type Prices = GenaiPrices.ModelPrice;

function requireFrom(place: string): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(place);
}

/** Reads the table: about 50 ms the first time, from Node's module cache after that. */
export function loadGenaiPrices(): typeof GenaiPrices {
  return requireFrom(import.meta.url)('@pydantic/genai-prices') as typeof GenaiPrices;
}

/** The names that OpenTelemetry and others use for the table's providers. */
const providerIds: ReadonlyMap<string, string> = new Map([
  ['aws.bedrock', 'aws'],
  ['bedrock', 'aws'],
  ['azure.ai.openai', 'azure'],
  ['gcp.gemini', 'google'],
  ['gemini', 'google'],
  ['vertex', 'google'],
  ['mistral_ai', 'mistral'],
  ['x_ai', 'x-ai'],
  ['xai', 'x-ai'],
]);

const rateKeys = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
  reasoning: 'output_reasoning_mtok',
  audioInput: 'input_audio_mtok',
  audioOutput: 'output_audio_mtok',
} as const satisfies Record<keyof Rates, string>;

/** Fees beside the tokens, in USD per thousand calls. */
const feeKeys = { web_search: 'web_searches_kcount', file_search: 'storage_searches_kcount' };
const cachedAudio = 'cache_audio_read_mtok'; // counts as cached input here
const understood: ReadonlySet<string> = new Set([...Object.values(rateKeys), ...Object.values(feeKeys), cachedAudio]);

const memoSize = 1_000;
const mostProviders = 100;

let edition: string | undefined;

/** Which edition of the table is installed; empty where a bundler has left its package behind. */
function versionOf(): string | undefined {
  if (edition === undefined) {
    try {
      const entry = requireFrom(import.meta.url).resolve('@pydantic/genai-prices');
      edition = (requireFrom(entry)('../package.json') as { version: string }).version;
    } catch {
      edition = '';
    }
  }
  return edition || undefined;
}

/** List prices from the table in `@pydantic/genai-prices`, without any network. It is read at the first look-up. */
export function genaiPrices(): PriceSource {
  const memo = new Map<string | undefined, Map<string, FoundPrice | null>>();

  return {
    resolve(provider, model, at) {
      const known = memo.get(provider)?.get(model);
      if (known !== undefined) return known;

      const { price, changes } = lookUp(provider, model, at);
      const models = memo.get(provider) ?? new Map<string, FoundPrice | null>();
      if (memo.size >= mostProviders) memo.clear();
      if (models.size >= memoSize) models.clear();
      if (!changes) memo.set(provider, models.set(model, price));
      return price;
    },
  };
}

/** `changes`: the table has other prices for other times. */
function lookUp(provider: string | undefined, model: string, at: number): { price: FoundPrice | null; changes: boolean } {
  const asked = provider?.toLowerCase();
  const providerId = asked === undefined ? undefined : (providerIds.get(asked) ?? asked);
  const options = { timestamp: new Date(at), ...(providerId === undefined ? {} : { providerId }) };
  // Without any usage there is none that it could find inconsistent; the sum is ours to do, in integers.
  const found = loadGenaiPrices().calcPrice({}, model, options);

  // It takes `openai-compatible` for OpenAI: whoever else serves a model has prices of their own.
  if (!found || (providerId !== undefined && found.provider.id !== providerId)) return { price: null, changes: false };
  const match = `${found.provider.id}/${found.model.id}`;
  const price = read(match, found.model_price);
  // An answer has to fit into the context window.
  const maxOutputTokens = found.model.context_window;
  return { price: price && { ...price, maxOutputTokens }, changes: Array.isArray(found.model.prices) };
}

/** `null` for what tokens alone do not price: a fee per request, images, hours of audio. */
function read(match: string, prices: Prices): FoundPrice | null {
  if (!Object.keys(prices).every((key) => understood.has(key))) return null;

  const rates = ratesAt(prices, 0);
  if (rates === null) return null;
  const starts = new Set(
    Object.values(prices).flatMap((price) => (typeof price === 'object' ? price.tiers.map(({ start }) => start) : [])),
  );
  const tiers = [...starts]
    .toSorted((a, b) => a - b)
    .map((start): RateTier => ({ aboveInputTokens: start, rates: ratesAt(prices, start + 1) ?? rates }));
  return { source: 'genai-prices', version: versionOf(), match, rates, tiers, fees: feesIn(prices) };
}

function feesIn(prices: Prices): FoundPrice['fees'] {
  return Object.fromEntries(
    Object.entries(feeKeys).flatMap(([tool, key]) => {
      const price = prices[key];
      return typeof price === 'number' ? [[tool, price] as const] : [];
    }),
  );
}

function ratesAt(prices: Prices, inputTokens: number): Rates | null {
  const entries = Object.entries(rateKeys).flatMap(([name, key]) => {
    const price = prices[key];
    if (price === undefined) return [];
    const rate = typeof price === 'number' ? price : priceAt(price, inputTokens);
    return [[name, rate] as const];
  });
  const rates = Object.fromEntries(entries) as Partial<Rates>;
  return rates.input === undefined ? null : Object.freeze({ ...rates, input: rates.input });
}

/** The whole of a call moves to the last tier that its input reaches. */
function priceAt({ base, tiers }: GenaiPrices.TieredPrices, inputTokens: number): number {
  const reached = tiers.filter(({ start }) => inputTokens > start);
  return reached.reduce((last, tier) => (tier.start >= last.start ? tier : last), { start: -1, price: base }).price;
}
