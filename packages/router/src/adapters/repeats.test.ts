import { startSimulator } from '@rolecall/simulator';
import type { Model } from '@rolecall/core';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { adapterCases, type AdapterFeature } from '../testing.ts';
import { anthropic } from './anthropic.ts';
import { groq } from './groq.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';

const simulator = await startSimulator();
const { urls } = simulator;
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const messages = [{ role: 'user', content: 'Who are you?' }];
const chat = { api: 'chat.completions', body: { model: 'theirs', messages } };
const vendors = [
  ['openai', () => openai('gpt-4o', { baseURL: urls.openai, apiKey: 'sk-ours', headers: { 'x-team': 'tides' } }), chat],
  [
    'groq',
    () => groq('llama-3.3-70b-versatile', { baseURL: urls.groq, apiKey: 'sk-ours', headers: { 'x-team': 'tides' } }),
    chat,
  ],
  [
    'anthropic',
    () => anthropic('claude-sonnet-5-5', { baseURL: urls.anthropic, apiKey: 'sk-ours', headers: { 'x-team': 'tides' } }),
    { api: 'messages', body: { model: 'theirs', max_tokens: 100, messages } },
  ],
] as const;

test.each(vendors)('what is relayed past the SDK of %s goes to the same place with the same headers', async (_, make, wire) => {
  const model = make();

  await model({ messages: [], wire });
  const first = simulator.requests.at(-1);
  await model({ messages: [], wire: { ...wire, body: { ...wire.body, metadata: { longer: 'than before' } } } });
  const second = simulator.requests.at(-1);

  expect(second?.path).toBe(first?.path);
  expect({ ...second?.headers, 'content-length': '' }).toEqual({ ...first?.headers, 'content-length': '' });
  expect(second?.headers['x-team']).toBe('tides');
  expect(second?.body).toMatchObject({ metadata: { longer: 'than before' } });
});

test.each(vendors)('a failure past the SDK of %s is explained as one of the SDK is', async (_, make, wire) => {
  const [learned, fresh] = [make(), make()];
  await learned({ messages: [], wire });
  simulator.fault({ kind: 'status', status: 429, headers: { 'retry-after': '7' }, times: 2 });

  const failures = [];
  for (const model of [learned, fresh]) failures.push(await model({ messages: [], wire }).catch((error: unknown) => error));

  const [past, sdk] = failures as Record<string, unknown>[];
  expect(past).toMatchObject({ code: 'rate_limited', status: 429, retryAfterMs: 7_000, committed: false, possiblyBilled: false });
  for (const field of ['message', 'code', 'status', 'reason', 'simulated', 'unsupported'])
    expect(past?.[field]).toEqual(sdk?.[field]);
});

/** The suite makes a model for every case. One for all of them goes past its SDK in all but the first. */
const kept: Readonly<Record<string, (apiKey: string) => Model>> = {
  openai: (apiKey) => openai('gpt-4o', { apiKey, baseURL: urls.openai, provider: 'openai' }),
  groq: (apiKey) => groq('openai/gpt-oss-120b', { apiKey, baseURL: urls.groq }),
  anthropic: (apiKey) => anthropic('claude-sonnet-5-5', { apiKey, baseURL: urls.anthropic, provider: 'anthropic' }),
  ollama: (apiKey) => ollama('llama3.2', { host: urls.ollama, headers: { authorization: `Bearer ${apiKey}` } }),
};

const without: Readonly<Record<string, readonly AdapterFeature[]>> = {
  openai: ['reasoning'],
  ollama: ['tool_call_deltas', 'content_filter'],
};

describe.each(Object.entries(kept))('a model of %s that has been asked before', (provider, make) => {
  let model: Model | undefined;
  const cases = adapterCases({
    provider,
    createModel: ({ apiKey }) => (model ??= make(apiKey)),
    backend: simulator,
    without: without[provider] ?? [],
  });
  for (const { title, run } of cases) test(title, run);
});

test('while somebody has put his own in the place of fetch, everything goes through it', async () => {
  const model = openai('gpt-4o', { baseURL: urls.openai, apiKey: 'sk-ours' });
  await model({ messages: [], wire: chat });
  const original = globalThis.fetch;
  const asked: string[] = [];
  globalThis.fetch = async (input, init) => {
    asked.push(input instanceof Request ? input.url : input.toString());
    return await original(input, init);
  };

  try {
    await model({ messages: [], wire: chat });
  } finally {
    globalThis.fetch = original;
  }

  expect(asked).toEqual([`${urls.openai}/chat/completions`]);
});
