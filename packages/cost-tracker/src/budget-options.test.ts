import { expect, test } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import type { CostTrackerOptions } from './tracker-options.ts';

const make = (budgets: unknown): CostTracker => new CostTracker({ budgets } as CostTrackerOptions);

test.each([
  [{ limitUsd: -1 }, 'budgets[0].limitUsd: -1 is not a number of at least 0'],
  [{ limitUsd: Number.NaN }, 'budgets[0].limitUsd: NaN is not a number of at least 0'],
  [{ limitTokens: 1.5 }, 'budgets[0].limitTokens: 1.5 is not a whole number of at least 0'],
  [{}, 'budgets[0].limitUsd: undefined is not a number of at least 0'],
  [{ limitUsd: 1, limitTokens: 1 }, 'budgets[0].limitUsd: 1 is one limit too many'],
  [{ limitTokens: 1, maxCostUsd: 1 }, 'budgets[0].maxCostUsd: 1 has no meaning beside limitTokens'],
  [{ limitUsd: 1, window: 'week' }, 'budgets[0].window: "week" is none of hour, day, month, total'],
  [{ limitUsd: 1, onLimit: 'panic' }, 'budgets[0].onLimit: "panic" is none of stop, next, warn'],
  [{ limitUsd: 1, timeZone: 'Mars/Olympus' }, 'budgets[0].timeZone: "Mars/Olympus" is no time zone'],
  [{ limitUsd: 1, thresholds: [0] }, 'budgets[0].thresholds: an array is not a list of numbers above 0'],
  [{ limitUsd: 1, scope: { role: 'x' } }, 'budgets[0].scope: an object is none of process'],
  [{ limitUsd: 1, scope: { agent: '' } }, 'budgets[0].scope: an object is none of process'],
  [{ limitUsd: 1, assumedOutputTokens: 0.5 }, 'budgets[0].assumedOutputTokens: 0.5 is not a whole number of at least 0'],
  [{ limitUsd: 1, assumedOutputTokens: 9, reserve: 'worst' }, "9 has no meaning beside reserve: 'worst'"],
  [{ limitUsd: 1, limit: 5 }, '"limit": no such option'],
  [{ limitUsd: 1, name: '' }, 'budgets[0].name: "" is no name'],
])('%j is refused when the tracker is made', (budget, message) => {
  expect(() => make([budget])).toThrow(TypeError);
  expect(() => make([budget])).toThrow(message);
});

test('two budgets that nobody could tell apart need names', () => {
  const soft = { limitUsd: 1, onLimit: 'warn' };

  expect(() => make([{ limitUsd: 2 }, soft])).toThrow('budgets[1].name: "usd in total" is that of budgets[0], too');
  expect(() => make([{ limitUsd: 2 }, { ...soft, name: 'soft' }])).not.toThrow();
});

test('what is no list, no store and no function is said so', () => {
  expect(() => make({ limitUsd: 1 })).toThrow('budgets: not a list');
  expect(() => new CostTracker({ budgetStore: {} } as unknown as CostTrackerOptions)).toThrow(
    'budgetStore: an object has not all',
  );
  expect(() => new CostTracker({ budgetStore: null } as unknown as CostTrackerOptions)).toThrow('budgetStore: null has not all');
  expect(() => new CostTracker({ onAlert: 'url' } as unknown as CostTrackerOptions)).toThrow('onAlert: "url" is not a function');
});
