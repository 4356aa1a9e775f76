import { expect, test } from 'vitest';
import { compareModels } from './compare-models.ts';
import { compareRuns, type Run } from './compare-runs.ts';
import { costOf } from './cost-of.ts';
import { CostTracker } from './cost-tracker.ts';
import { diff } from './diff.ts';

/** As from JavaScript, where nobody checks types. */
const untyped = CostTracker as unknown as new (
  options?: unknown,
) => Record<
  'run' | 'wrap' | 'report' | 'reprice' | 'exportCsv' | 'exportJson' | 'exportHtml',
  (...given: readonly unknown[]) => unknown
>;
const tracker = new untyped();

test.each([
  [() => new untyped(null), 'options: null is not an object'],
  [() => new untyped([]), 'options: an array is not an object'],
  [() => new untyped('./ledger'), 'options: "./ledger" is not an object'],
  [() => tracker.run({ agent: 'x' }), 'run: undefined is not a function; use run({ agent }, () => …)'],
  [() => tracker.run([], () => 1), 'run: an array is not { agent, workflow, task, tags }'],
  [() => tracker.wrap(undefined), 'wrap: undefined is no model, which is a function; a client goes to track(client)'],
  [() => tracker.wrap({}), 'wrap: an object is no model'],
  [() => tracker.report({ colum: 3 }), '"colum": no such option; there are columns, colour, maxLines, against'],
  [() => tracker.report(null), 'options: null is not an object'],
  [() => tracker.reprice({ price: {} }), '"price": no such option; there are rows, prices, priceSource'],
  [
    () => compareRuns(new CostTracker(), new CostTracker(), { runPerDay: 2 } as object),
    '"runPerDay": no such option; there are runsPerDay, daysPerMonth',
  ],
  [
    () => compareRuns(new CostTracker(), {} as Run),
    'compareRuns: an object is neither a CostTracker nor what its summary() gave',
  ],
  [() => diff(new CostTracker(), undefined as unknown as Run), 'diff: undefined is neither a CostTracker'],
  [() => compareModels(new CostTracker().rows() as unknown as Run), 'compareModels: an array is neither a CostTracker'],
  [
    () => costOf({ model: 'gpt-4', inputTokens: 1 } as unknown as Parameters<typeof costOf>[0]),
    'costOf: usage is undefined; it is an object',
  ],
])('%s is a TypeError that says what is wrong', (work, message) => {
  expect(work).toThrow(TypeError);
  expect(work).toThrow(message);
});

test.each(['exportCsv', 'exportJson', 'exportHtml'] as const)('%s without a path says so', async (method) => {
  await expect(tracker[method]()).rejects.toThrow(new TypeError('path: undefined is not the path of a file'));
  await expect(tracker[method]('')).rejects.toThrow(new TypeError('path: "" is not the path of a file'));
});
