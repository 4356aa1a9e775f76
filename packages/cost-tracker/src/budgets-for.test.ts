import { expect, test } from 'vitest';
import type { BudgetOptions } from './budget-options.ts';
import { CostTracker, type CostTrackerOptions } from './cost-tracker.ts';
import { perThousand } from './own-prices.ts';

const model = Object.assign(
  () =>
    Promise.resolve({
      model: 'dear',
      text: 'ok',
      toolCalls: [],
      finishReason: 'stop',
      usage: { inputTokens: 1_000, outputTokens: 0 },
    }),
  { id: 'dear' },
);
const ask = (tracker: CostTracker, tags: string[]): Promise<unknown> =>
  tracker.wrap(model)({ messages: [{ role: 'user', content: 'Hi' }], settings: { maxOutputTokens: 1 }, labels: { tags } });

test('a budget of whoever makes the call holds for those calls, beside the general ones', async () => {
  const budget: BudgetOptions = { name: 'blog', limitUsd: 1, scope: { tag: 'key:blog' } };
  const tracker = new CostTracker({
    prices: { dear: perThousand(1) },
    budgetsFor: ({ tags = [] }) => (tags.includes('key:blog') ? [budget] : []),
  });

  await ask(tracker, ['key:blog']);

  await expect(ask(tracker, ['key:blog'])).rejects.toMatchObject({ code: 'budget_exceeded', budget: 'blog' });
  await expect(ask(tracker, ['key:shop'])).resolves.toBeDefined();
});

test('what is no function is refused', () => {
  expect(() => new CostTracker({ budgetsFor: [] } as unknown as CostTrackerOptions)).toThrow('budgetsFor');
});
