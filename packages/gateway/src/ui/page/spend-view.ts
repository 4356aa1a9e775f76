import type { Savings, SummaryAnswer, UsageLine } from '../answers.ts';
import { el } from './dom.ts';
import * as format from './format.ts';
import { bar, type Column, section, table } from './table.ts';

export function spendView({ roles, models, keys, baseline, since }: SummaryAnswer): readonly Node[] {
  return [
    el(
      'p',
      { class: 'note' },
      `Since ${format.date(since)}. What has no price is in no amount; “>” says that something was left out.`,
    ),
    savings(baseline),
    usageSection('By role', 'Role', roles),
    usageSection('By model', 'Model', models),
    usageSection('By key', 'Key', keys),
  ];
}

function savings(baseline: Savings | null): HTMLElement {
  const title = 'Against the baseline';
  if (baseline === null) {
    return section(title, 'There is none. Name a model as general_settings.baseline, and this compares with it.');
  }
  const { basis, model, costUsd, spentUsd, savedUsd, savedShare, baselineUnpriced } = baseline;
  const what =
    basis === 'same_tokens' ? `The same tokens on ${format.name(model ?? '')}, an estimate` : 'At the stated cost per workflow';
  const left = leftOut(baseline);
  if (costUsd === null && baselineUnpriced > 0)
    return section(title, `No price is known of the baseline ${format.name(model ?? '')}: check its name.${left}`);
  if (savedUsd === null || costUsd === null) return section(title, `${what}: not known yet.${left}`);
  const largest = Math.max(costUsd, spentUsd ?? 0);
  const verdict = `${savedUsd < 0 ? 'Lost' : 'Saved'} ${format.usd(Math.abs(savedUsd))} (${format.share(savedShare === null ? null : Math.abs(savedShare))}).`;
  const lines = [
    { key: 'baseline', cells: [format.name(model ?? 'Stated cost'), bar(costUsd, largest, 'range'), format.usd(costUsd)] },
    { key: 'spent', cells: ['What was spent', bar(spentUsd ?? 0, largest), format.usd(spentUsd)] },
  ];
  const columns: readonly Column[] = [{ title: 'Compared' }, { title: '', isText: true }, { title: 'Cost' }];
  return section(title, [`${what}. `, el('strong', {}, verdict), left], table(title, columns, lines, ''));
}

function leftOut({ excluded, baselineUnpriced }: Savings): string {
  const parts = [
    { count: excluded - baselineUnpriced, why: 'without a price' },
    { count: baselineUnpriced, why: 'for which the baseline has no price' },
  ].filter(({ count }) => count > 0);
  return parts.map(({ count, why }) => ` Left out: ${format.plural(count, 'call')} ${why}.`).join('');
}

const columns: readonly Column[] = [
  { title: '' },
  { title: '', isText: true },
  { title: 'Cost' },
  { title: 'Calls' },
  { title: 'Failed', isWide: true },
  { title: 'Tokens in', isWide: true },
  { title: 'Tokens out', isWide: true },
];

function usageSection(title: string, what: string, lines: readonly UsageLine[]): HTMLElement {
  const largest = Math.max(0, ...lines.map(({ costUsd }) => costUsd ?? 0));
  const rows = lines.map(({ name, costUsd, unpriced, requests, errors, inputTokens, outputTokens }) => ({
    key: name,
    cells: [
      format.name(name),
      bar(costUsd ?? 0, largest),
      `${unpriced > 0 && costUsd !== null ? '>' : ''}${format.usd(costUsd)}`,
      format.count(requests),
      format.count(errors),
      format.count(inputTokens),
      format.count(outputTokens),
    ],
  }));
  return section(title, '', table(title, [{ title: what }, ...columns.slice(1)], rows, 'Nothing yet.'));
}
