import type { BackendLine, ModelLine } from '../answers.ts';
import { type Child, el, svg } from './dom.ts';
import * as format from './format.ts';
import { type Column, section, table } from './table.ts';

export function backendsView(backends: readonly BackendLine[], models: readonly ModelLine[]): readonly Node[] {
  return [
    section(
      'State',
      'A backend that fails again and again is left alone for a while, and then tried with one request.',
      backendTable(backends),
    ),
    latencies(models.filter(({ latencyMs }) => latencyMs.count > 0)),
  ];
}

const backendColumns: readonly Column[] = [
  { title: 'Model' },
  { title: 'State', isText: true },
  { title: 'Under way', isWide: true },
  { title: 'Answered' },
  { title: 'Failed' },
  { title: 'Latency', isWide: true },
  { title: 'Last error', isText: true, isWide: true },
];

export function backendTable(backends: readonly BackendLine[]): HTMLElement {
  const rows = backends.map((backend) => ({ key: backend.deployment, cells: backendCells(backend) }));
  return table('Backends', backendColumns, rows, 'There are none.');
}

function backendCells(backend: BackendLine): readonly Child[] {
  const { model_name: name, model, deployment, in_flight: inFlight, queued, answered, failed, latency_ms: latencyMs } = backend;
  const { last_error: error } = backend;
  const where = [...new Set([model, deployment].filter((one) => one !== null && one !== name))].join(', ');
  return [
    [format.name(name), where !== '' && el('span', { class: 'under' }, format.name(where))],
    stateMark(backend),
    `${format.count(inFlight)}${queued > 0 ? ` + ${format.count(queued)} waiting` : ''}`,
    format.count(answered),
    format.count(failed),
    format.duration(latencyMs),
    error === null
      ? '–'
      : [error.code ?? `status ${error.status}`, el('span', { class: 'under' }, format.time(Date.parse(error.at)))],
  ];
}

function stateMark({ configured, state, open_until: until }: BackendLine): Child {
  if (!configured) return el('span', { class: 'mark bad' }, 'not configured');
  if (state === 'closed') return el('span', { class: 'mark good' }, 'in use');
  if (state === 'half_open') return el('span', { class: 'mark dim' }, 'tried again');
  return [
    el('span', { class: 'mark bad' }, 'left alone'),
    until !== null && el('span', { class: 'under' }, `until ${format.time(Date.parse(until))}`),
  ];
}

const latencyColumns: readonly Column[] = [
  { title: 'Model' },
  { title: '', isText: true, isWide: true },
  { title: 'p50' },
  { title: 'p95' },
  { title: 'p99' },
  { title: 'First token', isWide: true },
  { title: 'Tokens/s', isWide: true },
  { title: 'Answers', isWide: true },
];

function latencies(models: readonly ModelLine[]): HTMLElement {
  const end = Math.max(0, ...models.map(({ latencyMs }) => latencyMs.max ?? 0));
  const rows = models.map(({ name, latencyMs, firstTokenMs, outputTokensPerSecond }) => ({
    key: name,
    cells: [
      format.name(name),
      range(latencyMs, end),
      format.duration(latencyMs.p50),
      format.duration(latencyMs.p95),
      format.duration(latencyMs.p99),
      format.duration(firstTokenMs.p50),
      outputTokensPerSecond === null ? '–' : format.count(outputTokensPerSecond),
      format.count(latencyMs.count),
    ],
  }));
  const note =
    rows.length === 0
      ? ''
      : 'Of answered calls: from the quickest to the slowest, the middle as a dot, up to the 95th percentile as a bar.';
  return section('Latency', note, table('Latency', latencyColumns, rows, 'No call has been answered yet.'));
}

function range({ min, p50, p95, max }: ModelLine['latencyMs'], end: number): SVGElement {
  const at = (ms: number | null): string => `${end > 0 ? (((ms ?? 0) / end) * 100).toFixed(2) : 0}%`;
  return svg(
    'svg',
    { class: 'meter', 'aria-hidden': 'true' },
    svg('line', { class: 'whisker', x1: at(min), x2: at(max), y1: '50%', y2: '50%' }),
    svg('rect', { class: 'range', x: at(p50), width: at((p95 ?? 0) - (p50 ?? 0)), height: '100%' }),
    svg('circle', { class: 'middle', cx: at(p50), cy: '50%', r: 4 }),
  );
}
