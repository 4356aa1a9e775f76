import { checkNames, checkNumbers, shown } from './check-options.ts';
import type { Run } from './compare-runs.ts';
import { reportDiff, type Delta, type LedgerDiff } from './diff-report.ts';
import { formatSaving, formatUsd } from './format.ts';
import { picodollarsOf, shareOf } from './money.ts';
import { summaryOf } from './run-summary.ts';
import { usdOrNull, type Figures } from './tally.ts';

export interface DiffOptions {
  /** A rise of the cost above this fails. @default 0 */
  readonly failOnRiseUsd?: number | undefined;
  /** A rise above this part of the cost before fails: 0.1 is a tenth. With both limits, passing one of them is enough to fail. @default none */
  readonly failOnRiseShare?: number | undefined;
  /** Fails when more requests than before have no price: a rise may hide in them. @default true */
  readonly failOnUnpriced?: boolean | undefined;
}

const names = ['failOnRiseUsd', 'failOnRiseShare', 'failOnUnpriced'] as const;

/**
 * What changed between two ledgers, with an exit code: 1 if the cost rose further than allowed.
 *
 * @example
 * const change = diff(naive, optimised, { failOnRiseShare: 0.05 });
 * console.log(String(change));
 * process.exitCode = change.exitCode;
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export function diff(before: Run, after: Run, options: DiffOptions = {}): LedgerDiff {
  checkOptions(options);
  const [first, second] = [summaryOf('diff', before), summaryOf('diff', after)];
  const total = deltaOf(first, second);
  const failures = failuresOf(total, options);
  const result: LedgerDiff = {
    total,
    byAgent: deltasOf(first.byAgent, second.byAgent),
    byModel: deltasOf(first.byModel, second.byModel),
    failures,
    exitCode: failures.length > 0 ? 1 : 0,
  };
  return Object.defineProperty(result, 'toString', { value: () => reportDiff(result) });
}

function checkOptions(options: DiffOptions): void {
  checkNames(options, names);
  const { failOnRiseUsd = 0, failOnRiseShare = 0, failOnUnpriced = true } = options;
  checkNumbers({ failOnRiseUsd, failOnRiseShare });
  if (typeof failOnUnpriced !== 'boolean') {
    throw new TypeError(`failOnUnpriced: ${shown(failOnUnpriced)} is neither true nor false`);
  }
}

/** Nothing was asked of it, so it cost nothing. */
const nothing = { requests: 0, unpriced: 0, costUsd: 0, tokens: { total: 0 } } as const;

type Side = Pick<Figures, 'requests' | 'unpriced' | 'costUsd'> & { readonly tokens: { readonly total: number } };

function deltaOf(before: Side = nothing, after: Side = nothing): Delta {
  const [first, second] = [exact(before.costUsd), exact(after.costUsd)];
  const change = first === null || second === null ? null : second - first;
  return {
    beforeUsd: before.costUsd,
    afterUsd: after.costUsd,
    deltaUsd: usdOrNull(change),
    deltaShare: change === null || first === null ? null : shareOf(change, first),
    requests: { before: before.requests, after: after.requests },
    unpriced: { before: before.unpriced, after: after.unpriced },
    tokens: { before: before.tokens.total, after: after.tokens.total },
  };
}

function exact(usd: number | null): bigint | null {
  return usd === null ? null : picodollarsOf(usd);
}

function deltasOf(before: Readonly<Record<string, Side>>, after: Readonly<Record<string, Side>>): Record<string, Delta> {
  const [first, second] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const deltas = [...new Set([...first.keys(), ...second.keys()])].map(
    (name) => [name, deltaOf(first.get(name), second.get(name))] as const,
  );
  return Object.fromEntries(deltas.toSorted(([, a], [, b]) => (size(a) === size(b) ? 0 : size(b) - size(a))));
}

/** What is not known may be anything, and comes first. */
function size({ deltaUsd }: Delta): number {
  return deltaUsd === null ? Infinity : Math.abs(deltaUsd);
}

function failuresOf(total: Delta, options: DiffOptions): string[] {
  const { failOnRiseUsd, failOnRiseShare, failOnUnpriced = true } = options;
  const { deltaUsd, deltaShare, unpriced } = total;
  const limitUsd = failOnRiseUsd ?? (failOnRiseShare === undefined ? 0 : Infinity);
  const failures: string[] = [];
  if (deltaUsd !== null && deltaUsd > limitUsd) {
    failures.push(`the cost rose by ${formatUsd(deltaUsd)} USD, and ${formatUsd(limitUsd)} was allowed`);
  }
  // From nothing to something is more than any part of nothing.
  const rose = deltaShare ?? (deltaUsd !== null && deltaUsd > 0 ? Infinity : 0);
  if (failOnRiseShare !== undefined && rose > failOnRiseShare) {
    const by = deltaShare === null ? 'from nothing' : `by ${formatSaving(deltaShare)}`;
    failures.push(`the cost rose ${by}, and ${formatSaving(failOnRiseShare)} was allowed`);
  }
  if (failOnUnpriced && unpriced.after > unpriced.before) {
    failures.push(`${unpriced.after} requests have no price, and ${unpriced.before} had none before`);
  }
  return failures;
}
