import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { diff, type DiffOptions } from './diff.ts';
import { reportDiff } from './diff-report.ts';
import { perThousand } from './own-prices.ts';

// Calls without a price are warned about; these tests have some.
beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const prices = { m: perThousand(0.1), n: perThousand(0.2) };
const priceSource = { resolve: () => null };

/** Each call costs its number of tokens in tenths of a thousandth of a dollar. */
function ledger(calls: readonly (readonly [agent: string, model: string, inputTokens: number])[]): CostTracker {
  const tracker = new CostTracker({ prices, priceSource });
  for (const [agent, model, inputTokens] of calls) tracker.record({ agent, model, inputTokens, outputTokens: 0 });
  return tracker;
}

const before = ledger([
  ['writer', 'm', 1_000],
  ['editor', 'm', 500],
]);
const dearer = ledger([
  ['writer', 'm', 1_200],
  ['critic', 'n', 100],
]);

test('a rise exits with 1, and says by how much', () => {
  const cheap = ledger([['writer', 'm', 1_000]]);
  const change = diff(cheap, dearer);

  expect(change).toMatchObject({ exitCode: 1, total: { beforeUsd: 0.1, afterUsd: 0.14, deltaUsd: 0.04, deltaShare: 0.4 } });
  expect(change.failures).toEqual(['the cost rose by 0.04 USD, and 0.00 was allowed']);
});

test('a fall, and no change, exit with 0', () => {
  expect(diff(before, dearer)).toMatchObject({ exitCode: 0, failures: [], total: { deltaUsd: -0.01 } });
  expect(diff(before, before).exitCode).toBe(0);
});

test('what is new rose from nothing, and what is gone fell to nothing; the largest change comes first', () => {
  const { byAgent, byModel } = diff(before, dearer);

  expect(Object.entries(byAgent).map(([agent, { deltaUsd, deltaShare }]) => [agent, deltaUsd, deltaShare])).toEqual([
    ['editor', -0.05, -1],
    ['writer', 0.02, 0.2],
    ['critic', 0.02, null],
  ]);
  expect(byModel['n']).toMatchObject({ beforeUsd: 0, afterUsd: 0.02, requests: { before: 0, after: 1 } });
});

test.each<[DiffOptions, 0 | 1]>([
  [{ failOnRiseUsd: 0.05 }, 0],
  [{ failOnRiseUsd: 0.03 }, 1],
  [{ failOnRiseShare: 0.4 }, 0],
  [{ failOnRiseShare: 0.39 }, 1],
  [{ failOnRiseShare: 0.39, failOnRiseUsd: 1 }, 1],
  [{ failOnRiseShare: 0.5, failOnRiseUsd: 0.01 }, 1],
])('with %o a rise from 0.1 to 0.14 USD exits with %i', (options, exitCode) => {
  expect(diff(ledger([['writer', 'm', 1_000]]), dearer, options).exitCode).toBe(exitCode);
});

test('a rise from nothing is more than any part of nothing', () => {
  expect(diff(ledger([]), before, { failOnRiseShare: 10 }).failures).toEqual([
    'the cost rose from nothing, and 1000 % was allowed',
  ]);
});

test('more requests without a price fail, unless told otherwise', () => {
  const lost = ledger([['writer', 'acme/unknown', 1]]);

  expect(diff(before, lost)).toMatchObject({ exitCode: 1, total: { afterUsd: null, deltaUsd: null } });
  expect(diff(before, lost, { failOnUnpriced: false }).exitCode).toBe(0);
  expect(diff(lost, lost).exitCode).toBe(0);
});

test('agents called like members of an object are agents like any other', () => {
  const odd = ledger([
    ['__proto__', 'm', 10],
    ['constructor', 'm', 10],
  ]);

  expect(Object.keys(diff(odd, before).byAgent).toSorted()).toEqual(['__proto__', 'constructor', 'editor', 'writer']);
});

test('summaries will do in place of their trackers, also out of a JSON file', () => {
  const stored = JSON.parse(JSON.stringify(before.summary()));

  expect(diff(stored, dearer.summary()).total.deltaUsd).toBe(-0.01);
});

test('as a string it is its tables', () => {
  expect(String(diff(before, dearer))).toBe(`Before and after
  Cost      0.15 → 0.14 USD (-0.01, -6.7 %)
  Requests  2 → 2
  Tokens    1,500 → 1,300

By agent
  USD     Before  After  Change
  editor    0.05   0.00   -0.05   gone
  writer    0.10   0.12   +0.02  +20 %
  critic    0.00   0.02   +0.02    new

By model
  USD  Before  After  Change
  m      0.15   0.12   -0.03  -20 %
  n      0.00   0.02   +0.02    new

Passed
`);
});

test.each([40, 60, 80, 120])('the tables fit %i columns, and end with the verdict', (columns) => {
  const text = reportDiff(diff(ledger([[`an agent ${'with a long name '.repeat(9)}`, 'm', 10]]), dearer), { columns });

  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
  expect(text).toMatch(/Failed, for 1 reason:/);
});

test.each([
  [{ failOnRiseUsd: -1 }, 'failOnRiseUsd: -1 is not'],
  [{ failOnRiseShare: '10%' }, 'failOnRiseShare: "10%" is not'],
  [{ failOnUnpriced: { apiKey: 'secret' } }, 'failOnUnpriced: an object is neither'],
  [{ failOnRise: 1 }, '"failOnRise": no such option'],
])('the options %o are a TypeError', (options, message) => {
  expect(() => diff(before, dearer, options as DiffOptions)).toThrow(TypeError);
  expect(() => diff(before, dearer, options as DiffOptions)).toThrow(message);
});
