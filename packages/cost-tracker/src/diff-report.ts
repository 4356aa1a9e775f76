import { decimalsFor, formatCount, formatName, formatShare, formatUsd, plural } from './format.ts';
import { factLines, indented, joined, layoutOf, type Fact, type Layout, type LayoutOptions } from './layout.ts';
import { otherKey } from './rollup.ts';
import { textTable, type TextColumn } from './text-table.ts';

/** What changed for one agent, one model, or in all. */
export interface Delta {
  /** `null` where nothing was asked, or nothing has a price. */
  readonly beforeUsd: number | null;
  readonly afterUsd: number | null;
  /** A saving is negative; `null` if one of the two is not known. What is new rose from 0, what is gone fell to 0. */
  readonly deltaUsd: number | null;
  /** The same as a part of before; `null` if there was nothing before. */
  readonly deltaShare: number | null;
  readonly requests: { readonly before: number; readonly after: number };
  readonly unpriced: { readonly before: number; readonly after: number };
  readonly tokens: { readonly before: number; readonly after: number };
}

export interface LedgerDiff {
  readonly total: Delta;
  /** The largest change first. */
  readonly byAgent: Readonly<Record<string, Delta>>;
  readonly byModel: Readonly<Record<string, Delta>>;
  /** Why it fails, in sentences; empty if it does not. */
  readonly failures: readonly string[];
  /** 1 if it fails, for a check in CI: `process.exitCode = diff(before, after).exitCode`. */
  readonly exitCode: 0 | 1;
  /** The tables of `reportDiff`. */
  toString(): string;
}

const mostLines = 20;

/** What changed between two ledgers, as tables. */
export function reportDiff(difference: LedgerDiff, options: LayoutOptions = {}): string {
  const layout = layoutOf(options);
  return joined([
    overall(difference, layout),
    changes('By agent', difference.byAgent, layout),
    changes('By model', difference.byModel, layout),
    verdict(difference, layout),
  ]);
}

function fromTo(before: string, after: string): string {
  return `${before} → ${after}`;
}

function overall({ total }: LedgerDiff, { width, heading }: Layout): string[] {
  const { beforeUsd, afterUsd, requests, tokens, unpriced } = total;
  const facts: Fact[] = [
    [
      'Cost',
      `${fromTo(formatUsd(beforeUsd), formatUsd(afterUsd))} USD (${[signedUsd(total), signedShare(total)].filter(Boolean).join(', ')})`,
    ],
    ['Requests', fromTo(formatCount(requests.before), formatCount(requests.after))],
    ['Tokens', fromTo(formatCount(tokens.before), formatCount(tokens.after))],
  ];
  if (unpriced.before + unpriced.after > 0) {
    facts.push([
      'Unpriced',
      `${fromTo(formatCount(unpriced.before), formatCount(unpriced.after))} requests, in no amount on this page`,
    ]);
  }
  return [...heading('Before and after'), ...factLines(facts, width)];
}

const columns: readonly TextColumn[] = [
  { title: 'USD', align: 'left' },
  { title: 'Before', align: 'right', dropOrder: 3 },
  { title: 'After', align: 'right', dropOrder: 2 },
  { title: 'Change', align: 'right' },
  { title: '', align: 'right', dropOrder: 1 },
];

function changes(title: string, deltas: Readonly<Record<string, Delta>>, { width, heading }: Layout): string[] {
  const entries = Object.entries(deltas);
  if (entries.length === 0) return [];
  const shown = entries.slice(0, mostLines);
  const decimals = Math.max(...shown.flatMap(([, { beforeUsd, afterUsd }]) => [decimalsFor(beforeUsd), decimalsFor(afterUsd)]));
  const rows = shown.map(([name, delta]) => [
    name === otherKey ? '(others)' : formatName(name),
    amount(delta, 'before', decimals),
    amount(delta, 'after', decimals),
    signedUsd(delta, decimals),
    delta.requests.before === 0 ? 'new' : delta.requests.after === 0 ? 'gone' : signedShare(delta),
  ]);
  const left = entries.length - shown.length;
  return [
    ...heading(title),
    ...indented(textTable(columns, rows, width - 2)),
    ...(left > 0 ? [`  and ${formatCount(left)} more`] : []),
  ];
}

function amount({ beforeUsd, afterUsd, unpriced }: Delta, side: 'before' | 'after', decimals: number): string {
  const usd = side === 'before' ? beforeUsd : afterUsd;
  return usd === null ? 'unpriced' : `${unpriced[side] > 0 ? '>' : ''}${formatUsd(usd, decimals)}`;
}

function signedUsd({ deltaUsd }: Delta, decimals: number = decimalsFor(deltaUsd)): string {
  if (deltaUsd === null) return 'unknown';
  return `${deltaUsd > 0 ? '+' : ''}${formatUsd(deltaUsd, decimals)}`;
}

function signedShare({ deltaShare }: Delta): string {
  if (deltaShare === null) return '';
  return `${deltaShare < 0 ? '-' : '+'}${formatShare(Math.abs(deltaShare))}`;
}

function verdict({ failures }: LedgerDiff, { width }: Layout): string[] {
  if (failures.length === 0) return ['Passed'];
  return [
    `Failed, for ${plural(failures.length, 'reason', 'reasons')}:`,
    ...factLines(
      failures.map((reason) => ['', reason] as const),
      width,
    ),
  ];
}
