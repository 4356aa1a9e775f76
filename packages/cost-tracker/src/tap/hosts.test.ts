import { startSimulator, type Simulator } from '@rolecall/simulator';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ask, disguised, newClient, type Fetch } from '../../test/openai-client.ts';
import { CostTracker } from '../cost-tracker.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ chunkIntervalMs: 1 });
});
afterAll(() => simulator.close());
beforeEach(() => {
  simulator.reset();
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});

/** Wherever a request is sent, the simulator answers in disguise. */
const anywhere: Fetch = (_, init) => disguised(`${simulator.urls.openai}/chat/completions`, init);

test.each([
  ['https://api.openai.com/v1', {}, 'openai/gpt-4o', 0.000_185],
  ['https://eu.api.openai.com/v1', {}, 'openai/gpt-4o', 0.000_185],
  ['https://llm.example.com/v1', {}, 'openai-compatible/gpt-4o', null],
  ['https://llm.example.com/v1', { provider: 'openai' }, 'openai/gpt-4o', 0.000_185],
  ['https://llm.example.com/v1', { provider: 'vllm', local: true }, 'vllm/gpt-4o', 0],
  ['http://localhost:8000/v1', {}, 'openai-compatible/gpt-4o', 0],
  ['http://192.168.1.5:8000/v1', { provider: 'vllm' }, 'vllm/gpt-4o', 0],
  ['http://192.168.1.5:8000/v1', { local: false }, 'openai-compatible/gpt-4o', null],
])('%s with %o is %s at %s', async (baseURL, options, model, costUsd) => {
  const tracker = new CostTracker();
  const client = tracker.track(new OpenAI({ apiKey: 'k', baseURL, fetch: anywhere, maxRetries: 0 }), options);

  await client.chat.completions.create(ask);

  expect(tracker.rows()).toMatchObject([{ model, costUsd }]);
});

test('a simulator stands in for the vendor, whose prices are asked, and is marked', async () => {
  const tracker = new CostTracker();

  await tracker.track(newClient(simulator)).chat.completions.create(ask);
  await tracker.track(newClient(simulator, disguised)).chat.completions.create(ask);

  expect(tracker.rows()).toMatchObject([
    { model: 'openai/gpt-4o', simulated: true, local: false, costUsd: 0.000_185 },
    { model: 'openai-compatible/gpt-4o', simulated: false, local: true, costUsd: 0 },
  ]);
});

describe('usage of streams', () => {
  test.each([
    ['of an unknown server is not asked for', {}, {}, undefined],
    ['is asked for where the caller wants it', { includeUsage: true }, {}, { include_usage: true }],
    [
      'is not asked for against the caller’s word',
      { includeUsage: true },
      { stream_options: { include_usage: false } },
      { include_usage: false },
    ],
    [
      'is asked for beside other options',
      { includeUsage: true },
      { stream_options: { include_obfuscation: false } },
      { include_obfuscation: false, include_usage: true },
    ],
  ])('%s', async (_, options, more, sent) => {
    const client = new CostTracker().track(newClient(simulator), options);

    for await (const chunk of await client.chat.completions.create({ ...ask, ...more, stream: true }))
      expect(chunk.usage).toBeUndefined();

    const body = simulator.requests[0]?.body as { stream_options?: object } | undefined;
    expect(body?.stream_options).toEqual(sent);
  });

  test('that nobody asked for is estimated, and labelled so', async () => {
    const tracker = new CostTracker();
    simulator.answer({ text: 'word '.repeat(80) });

    for await (const _ of await tracker.track(newClient(simulator)).chat.completions.create({ ...ask, stream: true }));

    expect(tracker.rows()).toMatchObject([{ outcome: 'answered', estimated: true, usage: { outputTokens: 100 } }]);
  });
});
