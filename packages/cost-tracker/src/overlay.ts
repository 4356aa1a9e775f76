/** Prices that the table lacks, each with its source. Asked after own prices, before the table. */
import type { FoundPrice, Rates } from './price-source.ts';

/** Audio rates of models whose entry in the table prices text alone: https://platform.openai.com/docs/pricing, since December 2024. */
const audioModels: readonly (readonly [model: string, rates: Rates])[] = [
  ['gpt-4o-audio-preview', { input: 2.5, output: 10, audioInput: 40, audioOutput: 80 }],
  ['gpt-4o-mini-audio-preview', { input: 0.15, output: 0.6, audioInput: 10, audioOutput: 20 }],
];
const editions = ['', '-2024-12-17', '-2025-06-03'];

const prices: ReadonlyMap<string, FoundPrice> = new Map(
  audioModels.flatMap(([model, rates]) =>
    editions.map((edition) => [model + edition, { source: 'overlay', match: `openai/${model}`, rates }] as const),
  ),
);

export function overlayPrice(provider: string | undefined, model: string): FoundPrice | null {
  return provider === undefined || provider === 'openai' ? (prices.get(model) ?? null) : null;
}
