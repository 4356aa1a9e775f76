/** Tables that a screen reader can walk through, with bars beside the figures for everybody else. */
import { type Child, el, svg } from './dom.ts';

export interface Column {
  readonly title: string;
  /** Figures stand to the right. */
  readonly isText?: boolean;
  /** Left out on a phone. */
  readonly isWide?: boolean;
}

export interface Row {
  readonly key: string;
  readonly cells: readonly Child[];
}

/** A region that can be scrolled sideways must be reachable by keyboard, and so needs a name. */
export function table(name: string, columns: readonly Column[], rows: readonly Row[], empty: string): HTMLElement {
  if (rows.length === 0) return el('p', { class: 'note' }, empty);
  const head = columns.map((column) => el('th', { scope: 'col', class: classOf(column) }, column.title));
  const body = rows.map(({ key, cells }) =>
    el(
      'tr',
      { 'data-key': key },
      cells.map((cell, index) => {
        const column = columns[index];
        return index === 0
          ? el('th', { scope: 'row', class: column && classOf(column) }, cell)
          : el('td', { class: column && classOf(column) }, cell);
      }),
    ),
  );
  return el(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': name, tabindex: 0 },
    el('table', {}, el('thead', {}, el('tr', {}, head)), el('tbody', {}, body)),
  );
}

function classOf({ isText, isWide }: Column): string | undefined {
  const classes = [isText ? 'text' : '', isWide ? 'wide' : ''].filter((one) => one !== '').join(' ');
  return classes === '' ? undefined : classes;
}

/** How much of the largest this is. The figure beside it says the same. */
export function bar(value: number, largest: number, kind = 'bar'): SVGElement {
  const width = largest > 0 ? Math.min(100, (value / largest) * 100) : 0;
  return svg(
    'svg',
    { class: 'meter', 'aria-hidden': 'true' },
    svg('rect', { class: 'track', width: '100%', height: '100%', rx: 2 }),
    svg('rect', { class: kind, width: `${width.toFixed(2)}%`, height: '100%', rx: 2 }),
  );
}

export function section(title: string, note: Child, ...children: readonly Child[]): HTMLElement {
  return el(
    'section',
    {},
    el('h2', {}, title),
    note === undefined || note === '' ? undefined : el('p', { class: 'note' }, note),
    children,
  );
}
