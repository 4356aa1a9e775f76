import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { usdNumber } from '../money.ts';
import type { LedgerRow } from '../row.ts';
import { rowOf, RowLines } from './row-line.ts';

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('gpt-4', '"', '\\', '\n', '\u2028', '__proto__', 'é😀'));
const count = fc.nat();
const ms = fc.double({ min: 0, max: 1e9, noNaN: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const usage = fc.record({ inputTokens: count, outputTokens: count, cacheReadTokens: count }, { requiredKeys: [] });
const price = fc.record(
  {
    source: text,
    match: text,
    rates: fc.oneof(fc.constant(null), fc.constantFrom({ input: 1, output: 2 }, { input: 0 })),
    multiplier: ms,
    approximate: text,
    feesUsd: text,
    version: text,
  },
  { requiredKeys: ['source', 'match', 'rates'] },
);

/** With every field there is: a new one must be added here, or this does not compile. */
const row: fc.Arbitrary<LedgerRow> = fc
  .record<Required<LedgerRow>>({
    id: text,
    callId: text,
    at: ms,
    agent: maybe(text) as fc.Arbitrary<string>,
    name: maybe(text) as fc.Arbitrary<string>,
    model: text,
    servedModel: maybe(text) as fc.Arbitrary<string>,
    api: maybe(text) as fc.Arbitrary<string>,
    workflow: maybe(text) as fc.Arbitrary<string>,
    task: maybe(text) as fc.Arbitrary<string>,
    tags: fc.array(text),
    usage,
    estimated: fc.boolean(),
    parts: maybe(fc.array(fc.record({ kind: text, usage, usd: fc.constant('0.1'), price }))) as fc.Arbitrary<[]>,
    serverTools: maybe(fc.dictionary(fc.string(), count)) as fc.Arbitrary<Record<string, number>>,
    terms: maybe(fc.record({ serviceTier: text })) as fc.Arbitrary<{ serviceTier: string }>,
    latencyMs: maybe(ms) as fc.Arbitrary<number>,
    firstTokenMs: maybe(ms) as fc.Arbitrary<number>,
    durations: maybe(fc.record({ queueMs: ms, totalMs: ms })) as fc.Arbitrary<object>,
    networkMs: maybe(ms) as fc.Arbitrary<number>,
    outcome: fc.constantFrom('answered', 'failed', 'aborted', 'cache_hit'),
    code: maybe(text) as fc.Arbitrary<string>,
    status: maybe(count) as fc.Arbitrary<number>,
    costPicodollars: fc.option(fc.bigInt({ min: 0n, max: 10n ** 30n })),
    costUsd: fc.constant(null),
    price: fc.option(price),
    unpriced: fc.option(fc.record({ code: fc.constant('no_price' as const), reason: text })),
    simulated: fc.boolean(),
    local: fc.boolean(),
    possiblyBilled: fc.boolean(),
    problem: maybe(text) as fc.Arbitrary<string>,
  })
  .map((each) => ({ ...each, costUsd: each.costPicodollars === null ? null : usdNumber(each.costPicodollars) }));

test('a row that is written and read back is the same row', () => {
  const lines = new RowLines();
  fc.assert(
    fc.property(row, (each) => {
      const line = lines.of(each);

      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(rowOf(line)).toEqual(each);
      expect(Object.keys(JSON.parse(line))[0]).toBe('v');
    }),
  );
});

test('a line that was cut anywhere is broken, not half a row', () => {
  const line = new RowLines().of(fc.sample(row, { numRuns: 1, seed: 7 })[0]!).trimEnd();

  for (let length = 0; length < line.length; length++) expect(rowOf(line.slice(0, length))).toBe('broken');
});

test.each([
  ['null', 'broken'],
  ['42', 'broken'],
  ['{}', 'broken'],
  ['{"v":2,"id":"x"}', 'newer'],
  ['{"v":1,"id":"x","at":1,"model":"m","usage":{},"outcome":"answered","costPicodollars":12}', 'broken'],
  ['{"v":1,"id":"x","at":1,"model":"m","usage":{},"costPicodollars":null}', 'broken'],
])('%s is %s', (line, unreadable) => {
  expect(rowOf(line)).toBe(unreadable);
});
