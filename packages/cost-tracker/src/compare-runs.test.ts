import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { compareRuns } from './compare-runs.ts';
import { CostTracker } from './cost-tracker.ts';
import { perThousand } from './own-prices.ts';
import { reportComparison } from './run-comparison.ts';

// Calls without a price are warned about; these tests have many.
beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

function runOf(usdPerThousand: number, workflows: readonly (string | undefined)[] = [undefined]): CostTracker {
  const tracker = new CostTracker({ prices: { m: perThousand(usdPerThousand) }, priceSource: { resolve: () => null } });
  for (const workflow of workflows) tracker.record({ model: 'm', inputTokens: 1_000, outputTokens: 0, workflow });
  return tracker;
}

test('calls without a workflow are one run together', () => {
  const { perRun, before } = compareRuns(runOf(0.1, [undefined, undefined]), runOf(0.05));

  expect(perRun).toEqual({ beforeUsd: 0.2, afterUsd: 0.05, savedUsd: 0.15 });
  expect(before.runs).toBe(1);
});

test('runs of several workflows are compared per workflow', () => {
  const { perRun } = compareRuns(runOf(0.1, ['a', 'b']), runOf(0.05, ['c']));

  expect(perRun).toEqual({ beforeUsd: 0.1, afterUsd: 0.05, savedUsd: 0.05 });
});

test('a summary will do in place of its tracker', () => {
  expect(compareRuns(runOf(0.1).summary(), runOf(0.05)).savedShare).toBe(0.5);
});

test('a loss is signed', () => {
  expect(compareRuns(runOf(0.05), runOf(0.1))).toMatchObject({ savedShare: -1, perRun: { savedUsd: -0.05 } });
});

test('a saving on nothing is null', () => {
  expect(compareRuns(runOf(0), runOf(0.1))).toMatchObject({ savedShare: null, perRun: { savedUsd: -0.1 } });
  expect(compareRuns(new CostTracker(), runOf(0.1))).toMatchObject({
    savedShare: null,
    perRun: { beforeUsd: null, savedUsd: null },
  });
});

test('a run with a call of unknown cost has no cost, and the text says why', () => {
  const incomplete = runOf(0.05);
  incomplete.record({ model: 'acme/unknown', inputTokens: 1, outputTokens: 1 });

  const comparison = compareRuns(runOf(0.1), incomplete, { runsPerDay: 10 });

  expect(comparison).toMatchObject({
    savedShare: null,
    perRun: { beforeUsd: 0.1, afterUsd: null, savedUsd: null },
    after: { unpriced: 1 },
  });
  expect(comparison.perMonth).toMatchObject({ beforeUsd: 30, savedUsd: null });
  expect(reportComparison(comparison)).toContain('Unpriced  1 request, so the cost of a run is unknown');
});

test('as a string a comparison is its table, and in JSON plain data', () => {
  const comparison = compareRuns(runOf(0.15), runOf(0.04575));

  expect(String(comparison)).toBe(`Run against run (each on the tokens it used)
  USD      Before    After    Saved
  Per run    0.15  0.04575  0.10425
  Saved  69.5 %
`);
  expect(Object.keys(comparison)).toEqual(['before', 'after', 'savedShare', 'perRun', 'perDay', 'perMonth']);
});

test.each([[{ runsPerDay: 0 }], [{ runsPerDay: 1.5 }], [{ runsPerDay: 1, daysPerMonth: Number.NaN }]])(
  'the options %o are a TypeError',
  (options) => {
    expect(() => compareRuns(runOf(1), runOf(1), options)).toThrow(TypeError);
  },
);
