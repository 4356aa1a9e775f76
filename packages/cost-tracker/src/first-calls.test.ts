import { expect, test } from 'vitest';
import { BudgetError } from './budget-error.ts';
import type { BudgetOptions } from './budget-options.ts';
import { CostTracker } from './cost-tracker.ts';
import type { TrackedModel, TrackedRequest, TrackedResponse } from './model-call.ts';

interface Request extends TrackedRequest {
  readonly messages: readonly unknown[];
  readonly settings?: { readonly maxOutputTokens: number };
}

const usage = { inputTokens: 8, outputTokens: 300 };
const question: Request = { role: 'writer', messages: [{ role: 'user', content: 'hi' }], labels: { workflow: 'post-1' } };
const modelOf = (id: string): TrackedModel<Request, TrackedResponse> => Object.assign(async () => ({ model: id, usage }), { id });

async function refusalOf(budget: BudgetOptions, id: string, request = question): Promise<BudgetError> {
  const error: unknown = await new CostTracker({ budgets: [budget] })
    .wrap(modelOf(id))(request)
    .catch((thrown: unknown) => thrown);
  expect(BudgetError.isInstance(error)).toBe(true);
  return error as BudgetError;
}

test.each([
  'openai/gpt-4.1',
  'openai/gpt-4o',
  'openai/gpt-5',
  'anthropic/claude-sonnet-5',
  'anthropic/claude-opus-4-6',
  'groq/llama-3.3-70b-versatile',
])('small budgets let %s answer from its first call on', async (id) => {
  const budgets: BudgetOptions[] = [
    { limitUsd: 5, window: 'day' },
    { limitUsd: 0.2, scope: 'each_workflow', onLimit: 'next' },
    { limitTokens: 20_000 },
  ];
  const tracker = new CostTracker({ budgets });
  const model = tracker.wrap(modelOf(id));

  for (let call = 0; call < 10; call++) await model(question);
  await model({ ...question, settings: { maxOutputTokens: 100_000 } });

  expect(tracker.summary().requests).toBe(11);
});

test('a budget that the assumed answer alone would pass says how to hold less', async () => {
  const { message } = await refusalOf({ limitTokens: 1_500 }, 'groq/llama-3.3-70b-versatile');

  expect(message).toMatch(
    /may need 4\d\d\d tokens \(an answer of 4,096 tokens is assumed.*`maxOutputTokens` on the request, or `assumedOutputTokens`/,
  );
  const said = new CostTracker({ budgets: [{ limitTokens: 1_500, assumedOutputTokens: 500 }] });
  await expect(said.wrap(modelOf('groq/llama-3.3-70b-versatile'))(question)).resolves.toBeDefined();
});

test('the worst is all that the model allows, and its refusal says how to bound it', async () => {
  const worst = { limitUsd: 5, reserve: 'worst' } as const;

  const { message, needed } = await refusalOf(worst, 'openai/gpt-4.1');

  expect(needed).toBeGreaterThan(8);
  expect(message).toContain('its model may write 1,000,000 tokens: set `maxOutputTokens` on the request');
  const tracker = new CostTracker({ budgets: [worst] });
  const bounded = { ...question, settings: { maxOutputTokens: 1_000 } };
  await expect(tracker.wrap(modelOf('openai/gpt-4.1'))(bounded)).resolves.toBeDefined();
});

test('a refusal names no remedy where the request has set its limit', async () => {
  const bounded = { ...question, settings: { maxOutputTokens: 1_000 } };

  expect((await refusalOf({ limitTokens: 500 }, 'openai/gpt-4.1', bounded)).message).not.toContain('maxOutputTokens');
});
