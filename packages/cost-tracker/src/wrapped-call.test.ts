import { startSimulator, type Simulator } from '@rolecall/simulator';
import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ask, newClient } from '../test/openai-client.ts';
import { CostTracker } from './cost-tracker.ts';
import type { TrackedModel, TrackedRequest, TrackedResponse } from './model-call.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ chunkIntervalMs: 1 });
});
afterAll(() => simulator.close());
beforeEach(() => {
  simulator.reset();
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});

const modelOf = (client: OpenAI, asks = 1): TrackedModel<TrackedRequest, TrackedResponse> =>
  Object.assign(
    async () => {
      for (let each = 1; each < asks; each++) await client.chat.completions.create(ask);
      const { usage } = await client.chat.completions.create(ask);
      return { model: 'openai/gpt-4o', usage: { source: { api: 'chat.completions', payload: usage } } };
    },
    { id: 'openai/gpt-4o' },
  );

test('a request has one row, made by the wrapped model', async () => {
  const tracker = new CostTracker();
  const model = tracker.wrap(tracker.wrap(modelOf(tracker.track(newClient(simulator)))));

  const response = await model({ role: 'writer' });

  expect(tracker.rows()).toMatchObject([{ id: response.attempts?.[0]?.id, agent: 'writer', costUsd: 0.000_185 }]);
});

test('the tries of an SDK below have a row each, under one call', async () => {
  const tracker = new CostTracker();
  simulator.fault({ kind: 'status', status: 500, times: 2, headers: { 'retry-after-ms': '1' } });
  const model = tracker.wrap(modelOf(tracker.track(newClient(simulator).withOptions({ maxRetries: 2 }))));

  await model({ role: 'writer', labels: { workflow: 'w' } });

  const rows = tracker.rows();
  expect(rows.map(({ outcome, agent, workflow }) => [outcome, agent, workflow].join())).toEqual([
    'failed,writer,w',
    'failed,writer,w',
    'answered,writer,w',
  ]);
  expect(new Set(rows.map(({ callId }) => callId)).size).toBe(1);
});

test('what it asks besides has rows of its own', async () => {
  const tracker = new CostTracker();

  await tracker.wrap(modelOf(tracker.track(newClient(simulator)), 3))({ role: 'writer' });

  expect(tracker.rows().map(({ agent, costUsd }) => [agent, costUsd])).toEqual(
    Array.from({ length: 3 }, () => ['writer', 0.000_185]),
  );
});

test('a failure has one row, too', async () => {
  const tracker = new CostTracker();
  simulator.fault({ kind: 'status', status: 429 });

  await tracker
    .wrap(modelOf(tracker.track(newClient(simulator))))({})
    .catch(() => undefined);

  expect(tracker.rows()).toMatchObject([{ outcome: 'failed', status: 429 }]);
});

test('what the caller asks for while a delta is held is none of the model’s', async () => {
  const tracker = new CostTracker();
  const client = tracker.track(newClient(simulator));
  const streaming: TrackedModel<TrackedRequest, TrackedResponse> = async ({ onDelta }) => {
    const { usage } = await client.chat.completions.create(ask);
    await onDelta?.({ type: 'text', text: 'Hi' });
    return { model: 'openai/gpt-4o', usage: { source: { api: 'chat.completions', payload: usage } } };
  };

  await tracker.wrap(streaming)({
    role: 'writer',
    onDelta: async () => void (await client.embeddings.create({ model: 'text-embedding-3-small', input: 'x' })),
  });

  expect(tracker.rows().map(({ api, agent }) => [api, agent])).toEqual([
    ['embeddings', undefined],
    ['chat.completions', 'writer'],
  ]);
});
