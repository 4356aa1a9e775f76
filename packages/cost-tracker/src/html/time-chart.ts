import { columnDecimals, decimalsFor, formatCount, formatUsd, plural, roundUsd } from '../format.ts';
import { usdNumber } from '../money.ts';
import { html, type Markup } from './markup.ts';
import { percent, scaleTo, type Scale } from './scale.ts';
import type { Stretch, Timeline } from './timeline.ts';

const height = 180;
const top = 22; // room for the label of the highest column

/** Cost over time, as columns. What a simulator answered is hatched: nobody was paid for it. */
export function timeChart({ stretches, unit, days }: Timeline, timeZone: string): Markup | undefined {
  if (stretches.length < 2) return undefined; // a single moment has no course
  const label = labelsOf(days, timeZone);
  const highest = stretches.reduce((most, each) => (each.picodollars > most.picodollars ? each : most));
  const scale = scaleTo(usdNumber(highest.picodollars));
  const notes = [
    stretches.some(({ simulatedPicodollars }) => simulatedPicodollars > 0n)
      ? html`<span
          ><svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" class="hatched" /></svg> answered by a
          simulator: nobody was paid</span
        >`
      : undefined,
    stretches.some(({ unpriced }) => unpriced > 0)
      ? html`<span
          ><svg width="12" height="12" aria-hidden="true"><circle cx="6" cy="6" r="4" class="unpriced" /></svg> has requests
          without a price</span
        >`
      : undefined,
  ];
  return html`<section>
    <h2>Cost over time</h2>
    <p class="note">USD per ${unit}, by when the request was made (${timeZone})</p>
    <figure>
      <div class="plot">
        ${axis(scale)}
        <svg width="100%" height="${height + 24}" role="img" aria-label="${spoken(stretches, highest, label, unit)}">
          ${scale.ticks.map((tick) => html`<line x1="0" x2="100%" y1="${yOf(tick, scale)}" y2="${yOf(tick, scale)}" class="${tick === 0 ? 'base' : 'grid'}" />`)}
          ${stretches.map((stretch, index) => column(stretch, index, stretches.length, scale, label))}
          ${peak(stretches, highest, scale)} ${timeLabels(stretches, label)}
        </svg>
      </div>
      <div class="key">${notes}</div>
      <details>
        <summary>The figures of this chart</summary>
        ${figures(stretches, label)}
      </details>
    </figure>
  </section>`;
}

function yOf(usd: number, { end }: Scale): number {
  return Number((height - (usd / end) * (height - top)).toFixed(2));
}

function axis(scale: Scale): Markup {
  const decimals = Math.max(0, ...scale.ticks.map((tick) => decimalsFor(tick)));
  const texts = scale.ticks.map((tick) => formatUsd(tick, decimals));
  const width = Math.max(...texts.map((text) => text.length), 1) * 7;
  return html`<svg width="${width}" height="${height + 24}" aria-hidden="true">
    ${scale.ticks.map((tick, index) => html`<text x="${width}" y="${yOf(tick, scale) + 4}" text-anchor="end">${texts[index]}</text>`)}
  </svg>`;
}

function column(stretch: Stretch, index: number, count: number, scale: Scale, label: Labels): Markup {
  const { picodollars, simulatedPicodollars, requests, unpriced } = stretch;
  const slot = 100 / count;
  const width = Math.min(slot * 0.76, 6);
  const x = `${((index + 0.5) * slot - width / 2).toFixed(3)}%`;
  const [paid, all] = [yOf(usdNumber(picodollars - simulatedPicodollars), scale), yOf(usdNumber(picodollars), scale)];
  const text = `${label.full(stretch)}: ${unpriced > 0 ? 'at least ' : ''}${formatUsd(usdNumber(picodollars))} USD, ${plural(requests, 'request', 'requests')}`;
  const bar = (y: number, bottom: number, name: string): Markup | undefined =>
    bottom > y
      ? html`<rect x="${x}" y="${y}" width="${width.toFixed(3)}%" height="${(bottom - y).toFixed(2)}" class="${name}" />`
      : undefined;
  const mark =
    unpriced > 0
      ? html`<circle cx="${((index + 0.5) * slot).toFixed(3)}%" cy="${height}" r="3.5" class="unpriced" />`
      : undefined;
  return html`<g><title>${text}</title>${bar(paid, height, 'bar')}${bar(all, paid, 'hatched')}${mark}</g> `;
}

/** The highest column says how high it is. */
function peak(stretches: readonly Stretch[], highest: Stretch, scale: Scale): Markup | undefined {
  if (highest.picodollars === 0n) return undefined;
  const index = stretches.indexOf(highest);
  const position = (index + 0.5) / stretches.length;
  const anchor = position < 0.08 ? 'start' : position > 0.92 ? 'end' : 'middle';
  const x = anchor === 'start' ? '0' : anchor === 'end' ? '100%' : percent(position, 1);
  const usd = usdNumber(highest.picodollars);
  return html`<text x="${x}" y="${yOf(usd, scale) - 7}" text-anchor="${anchor}" class="value">${roundUsd(usd)}</text> `;
}

/** The two ends and up to three between: on a telephone, the ends and the middle. */
function timeLabels(stretches: readonly Stretch[], label: Labels): Markup[] {
  const last = stretches.length - 1;
  const places = last < 4 ? [0, last] : [0, last / 4, last / 2, (last * 3) / 4, last].map(Math.round);
  return places.map((index, place) => {
    const anchor = index === 0 ? 'start' : index === last ? 'end' : 'middle';
    const x = anchor === 'start' ? '0' : anchor === 'end' ? '100%' : percent(index + 0.5, stretches.length);
    return html`<text x="${x}" y="${height + 18}" text-anchor="${anchor}" class="${place % 2 === 1 && last >= 4 ? 'wide' : ''}"
      >${label.short(stretches[index]!)}</text
    > `;
  });
}

interface Labels {
  short(stretch: Stretch): string;
  full(stretch: Stretch): string;
}

function labelsOf(days: boolean, timeZone: string): Labels {
  const full: Intl.DateTimeFormatOptions = days
    ? { day: 'numeric', month: 'short', year: 'numeric' }
    : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' };
  const short: Intl.DateTimeFormatOptions = days
    ? { day: 'numeric', month: 'short' }
    : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' };
  const [long, brief] = [full, short].map((form) => new Intl.DateTimeFormat('en-GB', { ...form, timeZone }));
  return { short: ({ start }) => brief!.format(start), full: ({ start }) => long!.format(start) };
}

function spoken(stretches: readonly Stretch[], highest: Stretch, label: Labels, unit: string): string {
  const [first, last] = [stretches[0]!, stretches.at(-1)!];
  return `Column chart of the cost per ${unit} from ${label.full(first)} to ${label.full(last)}. The highest is ${formatUsd(usdNumber(highest.picodollars))} USD, on ${label.full(highest)}. The figures follow in a table.`;
}

function figures(stretches: readonly Stretch[], label: Labels): Markup {
  const asked = stretches.filter(({ requests }) => requests > 0);
  const decimals = columnDecimals(asked.map(({ picodollars }) => usdNumber(picodollars)));
  const rows = asked.map((stretch) => {
    const { picodollars, requests, unpriced } = stretch;
    return html`<tr>
      <th scope="row">${label.full(stretch)}</th>
      <td>${unpriced > 0 ? '>' : ''}${formatUsd(usdNumber(picodollars), decimals)}</td>
      <td>${formatCount(requests)}</td>
    </tr> `;
  });
  return html`<table>
    <thead>
      <tr>
        <th scope="col">From</th>
        <th scope="col">USD</th>
        <th scope="col">Requests</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}
