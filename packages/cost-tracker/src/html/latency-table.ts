import { compareModels, type ModelLatency } from '../compare-models.ts';
import { formatCount, formatMs } from '../format.ts';
import type { Summary } from '../summary.ts';
import { chartTable } from './chart-table.ts';
import { nameOf } from './group-table.ts';
import { html, type Markup } from './markup.ts';
import { percent, scaleTo } from './scale.ts';

const columns = [
  { title: 'P50' },
  { title: 'P95' },
  { title: 'P99', wide: true },
  { title: 'Min', wide: true },
  { title: 'Max', wide: true },
  { title: 'Answers', wide: true },
];

/** How long each model took, on one scale: from its quickest answer to its slowest, with the middle and the 95th percentile. */
export function latencyTable(summary: Summary, maxLines: number): Markup | undefined {
  const { models, fastest, mostConsistent } = compareModels(summary);
  if (models.length === 0) return undefined;
  const shown = models.slice(0, maxLines);
  const { end } = scaleTo(Math.max(...shown.map(({ maxMs }) => maxMs)));
  const rows = shown.map((latency) => ({
    name: nameOf(latency.model),
    shapes: shapesOf(latency, end),
    cells: [
      ...[latency.p50Ms, latency.p95Ms, latency.p99Ms, latency.minMs, latency.maxMs].map(formatMs),
      formatCount(latency.answers),
    ],
  }));
  const quickest = fastest && html`Fastest on average: ${nameOf(fastest.model)}, ${formatMs(fastest.avgMs)} ms.`;
  const steadiest =
    mostConsistent && html` Most consistent: ${nameOf(mostConsistent.model)}, within ${formatMs(mostConsistent.rangeMs)} ms.`;
  return html`<section>
    <h2>Latency by model</h2>
    <p class="note">Milliseconds, of answered requests. ${quickest ?? undefined}${steadiest ?? undefined}</p>
    ${chartTable('Model', columns, rows, models.length - shown.length)} ${key(end)}
  </section>`;
}

function shapesOf({ minMs, p50Ms, p95Ms, maxMs }: ModelLatency, end: number): Markup {
  const [least, middle, high, most] = [minMs, p50Ms, p95Ms, maxMs].map((ms) => percent(ms, end));
  return html`<line x1="${least}" x2="${most}" y1="7" y2="7" class="whisker" /><rect
      x="${middle}"
      y="3"
      width="${percent(p95Ms - p50Ms, end)}"
      height="8"
      class="range"
    /><line x1="${high}" x2="${high}" y1="1" y2="13" class="whisker" /><circle cx="${middle}" cy="7" r="5" class="middle" />`;
}

function key(end: number): Markup {
  return html`<div class="key" aria-hidden="true">
    <span
      ><svg width="12" height="14"><circle cx="6" cy="7" r="5" class="middle" /></svg>P50</span
    >
    <span
      ><svg width="22" height="14">
        <rect y="3" width="20" height="8" class="range" />
        <line x1="20" x2="20" y1="1" y2="13" class="whisker" /></svg
      >to P95</span
    >
    <span
      ><svg width="20" height="14"><line x2="20" y1="7" y2="7" class="whisker" /></svg>quickest to slowest</span
    >
    <span>0 to ${formatMs(end)} ms</span>
  </div>`;
}
