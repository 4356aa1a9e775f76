import { expect, test } from 'vitest';
import type { BudgetOptions } from './budget-options.ts';
import { CostTracker } from './cost-tracker.ts';
import type { CostTrackerOptions } from './tracker-options.ts';
import type { TrackedModel, TrackedRequest, TrackedResponse } from './model-call.ts';
import { perThousand } from './own-prices.ts';

interface Request extends TrackedRequest {
  readonly messages: readonly unknown[];
  readonly settings: { readonly maxOutputTokens: number };
}

const model: TrackedModel<Request, TrackedResponse> = Object.assign(
  () => Promise.resolve({ model: 'dear', usage: { inputTokens: 1_000, outputTokens: 0 } }),
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

test('a call that no budget has a word on goes on as it is', async () => {
  const asked: Request[] = [];
  const request: Request = { messages: [], settings: { maxOutputTokens: 1 } };
  const tracker = new CostTracker({ prices: { dear: perThousand(1) }, budgetsFor: () => [] });

  await tracker.wrap((given: Request) => {
    asked.push(given);
    return model(given);
  })(request);

  expect(asked[0]).toBe(request);
  expect(tracker.rows()).toHaveLength(1);
});

test('what is no function is refused', () => {
  expect(() => new CostTracker({ budgetsFor: [] } as unknown as CostTrackerOptions)).toThrow('budgetsFor');
});
