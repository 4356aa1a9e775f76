import type { LiveRequest } from '../answers.ts';
import { type Child, el } from './dom.ts';
import * as format from './format.ts';
import { type Column, table } from './table.ts';
import { isTrouble, outcomeOf, pathOf } from './words.ts';

const columns: readonly Column[] = [
  { title: 'Request' },
  { title: 'Route', isText: true },
  { title: 'Outcome', isText: true },
  { title: 'Took' },
  { title: 'Tokens in + out', isWide: true },
  { title: 'Cost', isWide: true },
  { title: 'Key', isText: true, isWide: true },
];

export function requestTable(requests: readonly LiveRequest[], empty: string): HTMLElement {
  const rows = requests.map((request) => ({ key: request.id, cells: cellsOf(request) }));
  return table('Requests', columns, rows, empty);
}

function cellsOf(request: LiveRequest): readonly Child[] {
  const { id, at, asked, durationMs, inputTokens, outputTokens, costUsd, key } = request;
  const hasTokens = inputTokens !== undefined || outputTokens !== undefined;
  return [
    [
      el('a', { href: `#/requests/${encodeURIComponent(id)}` }, format.name(asked)),
      el('time', { class: 'under', datetime: new Date(at).toISOString() }, format.time(at)),
    ],
    routeCell(request),
    outcomeMark(request),
    format.duration(durationMs),
    hasTokens ? `${format.count(inputTokens ?? 0)} + ${format.count(outputTokens ?? 0)}` : '–',
    format.usd(costUsd),
    key === undefined ? '–' : format.name(key),
  ];
}

function routeCell(request: LiveRequest): Child {
  const path = pathOf(request);
  if (path.length === 0) return '–';
  return path.map((name, index) => [
    index > 0 && el('span', { class: 'dim' }, ' → '),
    index < path.length - 1 ? el('s', {}, format.name(name)) : format.name(name),
  ]);
}

/** Told by shape and word; the colour only repeats it. */
export function outcomeMark(request: LiveRequest): Child {
  const { outcome, attempts } = request;
  const asked = attempts.filter((attempt) => attempt.outcome !== 'skipped');
  const more =
    outcome === 'answered' ? detourOf(pathOf(request).length - 1, asked.length - 1, attempts.length - asked.length) : '';
  const kind = isTrouble(request) ? 'bad' : outcome === 'answered' ? 'good' : 'dim';
  return [el('span', { class: `mark ${kind}` }, outcomeOf(outcome)), more !== '' && el('span', { class: 'under' }, more)];
}

/** What stood between the request and its answer, the most telling of it. */
function detourOf(fallbacks: number, again: number, passedOver: number): string {
  if (fallbacks > 0) return format.plural(fallbacks, 'fallback');
  if (again > 0) return format.plural(again, 'retry', 'retries');
  return passedOver > 0 ? `${format.count(passedOver)} passed over` : '';
}
