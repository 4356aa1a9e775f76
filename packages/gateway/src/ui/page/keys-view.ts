import type { KeyLine } from '../answers.ts';
import { type Child, el } from './dom.ts';
import * as format from './format.ts';
import { bar, type Column, section, table } from './table.ts';

const columns: readonly Column[] = [
  { title: 'Key' },
  { title: 'State', isText: true },
  { title: 'Budget', isText: true },
  { title: 'Spent ever' },
  { title: 'Limits a minute', isText: true, isWide: true },
  { title: 'Models', isText: true, isWide: true },
];

export function keysView(keys: readonly KeyLine[]): readonly Node[] {
  const rows = keys.map((key) => ({ key: key.id, cells: cellsOf(key) }));
  const note = 'Keys are made, changed and blocked over the API, or in the configuration. The key itself is kept nowhere.';
  return [section('Virtual keys', note, table('Virtual keys', columns, rows, 'There are none.'))];
}

function cellsOf(key: KeyLine): readonly Child[] {
  const { name, hint, spentUsd, rpm, tpm, models } = key;
  const limits = [rpm !== null && format.plural(rpm, 'request'), tpm !== null && format.plural(tpm, 'token')].filter(
    (text) => typeof text === 'string',
  );
  return [
    [format.name(name), el('span', { class: 'under' }, hint)],
    stateMark(key),
    budgetCell(key),
    format.usd(spentUsd),
    limits.join(', ') || 'none',
    models.length === 0 ? 'all' : format.name(models.join(', ')),
  ];
}

function stateMark({ blocked, expiresAt }: KeyLine): Child {
  if (blocked) return el('span', { class: 'mark bad' }, 'blocked');
  if (expiresAt === null) return el('span', { class: 'mark good' }, 'in use');
  if (expiresAt <= Date.now()) return el('span', { class: 'mark bad' }, 'expired');
  return [el('span', { class: 'mark good' }, 'in use'), el('span', { class: 'under' }, `until ${format.date(expiresAt)}`)];
}

function budgetCell({ budget }: KeyLine): Child {
  if (budget === null) return 'none';
  const { limitUsd, spentUsd, window } = budget;
  const isSpent = spentUsd >= limitUsd;
  return [
    bar(spentUsd, limitUsd, spentUsd >= limitUsd * 0.8 ? 'bar-bad' : 'bar'),
    el(
      'span',
      { class: isSpent ? 'under bad' : 'under' },
      `${format.usd(spentUsd)} of ${format.usd(limitUsd)}${window === 'total' ? '' : ` a ${window}`}`,
    ),
  ];
}
