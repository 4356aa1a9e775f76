import { expect, test } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import type { TrackedModel, TrackedRequest, TrackedResponse } from './model-call.ts';
import { perThousand } from './own-prices.ts';

type Model = TrackedModel<TrackedRequest, TrackedResponse>;

const usage = { inputTokens: 600, outputTokens: 400 };
const answer: TrackedResponse = { model: 'acme/m', usage };
const answering = (response: TrackedResponse): Model => Object.assign(async () => response, { id: 'acme/m' });
const newTracker = (): CostTracker => new CostTracker({ prices: { 'acme/m': perThousand(1) } });
const cut: Model = async ({ onDelta }) => {
  await onDelta?.({ type: 'text', text: 'x'.repeat(400) });
  throw Object.assign(new Error('it failed'), { code: 'stream_cut', possiblyBilled: true });
};

test('a stream that broke off is charged by an estimate, and labelled as one', async () => {
  const tracker = newTracker();
  const request = { onDelta: () => undefined, messages: [{ role: 'user', content: 'word '.repeat(800) }] };

  await tracker
    .wrap(Object.assign(cut, { id: 'acme/m' }))(request)
    .catch(() => undefined);

  // Texts of 4,004 and 400 bytes, at four bytes a token and 1 USD per thousand
  expect(tracker.rows()).toMatchObject([
    {
      outcome: 'failed',
      estimated: true,
      possiblyBilled: true,
      usage: { inputTokens: 1_001, outputTokens: 100 },
      costUsd: 1.101,
    },
  ]);
});

test('what the provider said itself is priced, not what the adapter made of it', async () => {
  const tracker = newTracker();
  const payload = { input_tokens: 100, cache_read_input_tokens: 500, output_tokens: 400 };
  const source = { api: 'messages', payload };

  await tracker.wrap(answering({ ...answer, usage: { inputTokens: 1, outputTokens: 1, source } }))({});

  expect(tracker.rows()).toMatchObject([{ api: 'messages', usage: { inputTokens: 600, outputTokens: 400 }, costUsd: 1 }]);
});

test('a payload of an API that nobody knows leaves the counts as they are', async () => {
  const tracker = newTracker();

  await tracker.wrap(answering({ ...answer, usage: { ...usage, source: { api: 'telepathy', payload: {} } } }))({});

  expect(tracker.rows()).toMatchObject([{ usage, costUsd: 1, problem: undefined }]);
});

test('the tier that an answer was served in is priced', async () => {
  const tracker = new CostTracker();
  const served = { model: 'openai/gpt-5', usage: { inputTokens: 1_000_000, outputTokens: 0 }, metadata: { serviceTier: 'flex' } };

  await tracker.wrap(answering(served))({});

  expect(tracker.rows()).toMatchObject([{ costUsd: 0.625, terms: { serviceTier: 'flex' } }]);
});
