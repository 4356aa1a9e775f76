import { columnDecimals, formatCount, formatName, formatShare, formatTokens, formatUsd } from '../format.ts';
import { otherKey } from '../rollup.ts';
import type { GroupFigures } from '../summary.ts';
import { chartHeight, chartTable } from './chart-table.ts';
import { html, type Markup } from './markup.ts';
import { percent } from './scale.ts';

const columns = [{ title: 'USD' }, { title: 'Share' }, { title: 'Requests', wide: true }, { title: 'Tokens', wide: true }];

/** The costliest first, each with a bar as long as its cost. */
export function groupTable(
  title: string,
  names: string,
  groups: Readonly<Record<string, GroupFigures>>,
  maxLines: number,
): Markup | undefined {
  const entries = Object.entries(groups).toSorted(([, a], [, b]) => (b.costUsd ?? -1) - (a.costUsd ?? -1));
  if (entries.length === 0) return undefined;
  const shown = entries.slice(0, maxLines);
  const decimals = columnDecimals(shown.map(([, { costUsd }]) => costUsd));
  const largest = shown[0]?.[1].costUsd ?? 0;
  const rows = shown.map(([name, group]) => ({
    name: nameOf(name),
    shapes: bar(group, largest),
    cells: [costOf(group, decimals), formatShare(group.share), formatCount(group.requests), formatTokens(group.tokens.total)],
  }));
  return html`<section>
    <h2>${title}</h2>
    ${chartTable(names, columns, rows, entries.length - shown.length)}
  </section>`;
}

/** What a simulator answered is hatched, and at the end. */
function bar({ costUsd, simulated }: GroupFigures, largest: number): Markup {
  const [all, hatched] = [costUsd ?? 0, simulated.costUsd ?? 0];
  const paid = percent(all - hatched, largest);
  return html`<rect width="${paid}" height="${chartHeight}" class="bar" /><rect
      x="${paid}"
      width="${percent(hatched, largest)}"
      height="${chartHeight}"
      class="hatched"
    />`;
}

function costOf({ costUsd, unpriced }: GroupFigures, decimals: number): Markup {
  if (costUsd === null) return html`<span class="bad">unpriced</span>`;
  return html`${unpriced > 0 ? '>' : ''}${formatUsd(costUsd, decimals)}`;
}

/** A name of any script keeps to itself. */
export function nameOf(name: string): Markup {
  return html`<bdi>${name === otherKey ? '(others)' : formatName(name)}</bdi>`;
}
