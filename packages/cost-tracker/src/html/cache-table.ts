import { columnDecimals, formatShare, formatTokens, formatUsd, plural, roundUsd } from '../format.ts';
import type { Summary } from '../summary.ts';
import { chartHeight, chartTable } from './chart-table.ts';
import { nameOf } from './group-table.ts';
import { html, type Markup } from './markup.ts';
import { percent } from './scale.ts';

const columns = [{ title: 'Hit rate' }, { title: 'Saved' }, { title: 'Read', wide: true }, { title: 'Written', wide: true }];

/** What caches saved: the providers' own, by model, and answers that were not asked for twice. */
export function cacheTable(summary: Summary, maxLines: number): Markup | undefined {
  const { cache, cacheHits, byModel } = summary;
  const models = Object.entries(byModel)
    .filter(([, { cache: of }]) => of.readTokens + of.writtenTokens > 0)
    .toSorted(([, a], [, b]) => b.cache.readTokens - a.cache.readTokens);
  if (models.length === 0 && cacheHits === 0) return undefined;
  const shown = models.slice(0, maxLines);
  const decimals = columnDecimals(shown.map(([, { cache: of }]) => of.savedUsd));
  const rows = shown.map(([name, { cache: of }]) => ({
    name: nameOf(name),
    shapes: html`<rect width="100%" height="${chartHeight}" class="track" /><rect
        width="${percent(of.hitRate ?? 0, 1)}"
        height="${chartHeight}"
        class="bar"
      />`,
    cells: [
      formatShare(of.hitRate),
      formatUsd(of.savedUsd, decimals),
      formatTokens(of.readTokens),
      formatTokens(of.writtenTokens),
    ],
  }));
  const hits = cacheHits > 0 ? `${plural(cacheHits, 'answer', 'answers')} came from a cache, free. ` : '';
  const prompt =
    shown.length === 0 ? '' : `Prompt caches ${saving(cache.savedUsd)}: cheaper reads, less what writing cost on top.`;
  return html`<section>
    <h2>Cache savings</h2>
    <p class="note">In USD, at the rates of each call. ${hits}${prompt}</p>
    ${shown.length > 0 ? chartTable('Input read from the prompt cache', columns, rows, models.length - shown.length) : undefined}
  </section>`;
}

function saving(usd: number | null): string {
  if (usd === null) return 'saved an unknown sum';
  return `${usd < 0 ? 'cost' : 'saved'} ${roundUsd(Math.abs(usd))} USD`;
}
