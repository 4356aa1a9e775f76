/** A tracked client under a wrapped adapter under a wrapped router: one row for each HTTP request, with each SDK. */
import Anthropic from '@anthropic-ai/sdk';
import type { Model } from '@rolecall/core';
import { BudgetError, CostTracker, perThousand } from '@rolecall/cost-tracker';
import { createRouter, ModelError, type Router } from '@rolecall/router';
import { anthropic } from '@rolecall/router/anthropic';
import { groq } from '@rolecall/router/groq';
import { ollama } from '@rolecall/router/ollama';
import { openai } from '@rolecall/router/openai';
import { startSimulator } from '@rolecall/simulator';
import Groq from 'groq-sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';

const simulator = await startSimulator();
const { urls } = simulator;
const messages = [{ role: 'user', content: 'Go.' }] as const;
const apiKey = 'test';
const asOpenAI = { provider: 'openai', local: false } as const;

const adapters: Readonly<Record<string, (tracker: CostTracker) => Model>> = {
  'openai 7': (tracker) =>
    openai('gpt-4o', { client: tracker.track(new OpenAI({ apiKey, baseURL: urls.openai }), asOpenAI), ...asOpenAI }),
  'openai 6': (tracker) =>
    openai('gpt-4o', { client: tracker.track(new OpenAI6({ apiKey, baseURL: urls.openai }), asOpenAI), ...asOpenAI }),
  anthropic: (tracker) =>
    anthropic('claude-sonnet-5-5', { client: tracker.track(new Anthropic({ apiKey, baseURL: urls.anthropic })) }),
  groq: (tracker) => groq('llama-3.3-70b-versatile', { client: tracker.track(new Groq({ apiKey, baseURL: urls.groq })) }),
  ollama: (tracker) => ollama('mistral', { client: tracker.track(new Ollama({ host: urls.ollama })) }),
};

vi.setConfig({ testTimeout: 60_000 }); // SDKs are loaded, on a busy machine
afterAll(() => simulator.close());
beforeEach(() => {
  simulator.reset();
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});

test('a call that the simulator answers costs what the vendor it stands for would have asked, though its address is a local one', async () => {
  const tracker = new CostTracker();
  const theirs = new CostTracker({ prices: {} });
  const models = [
    openai('gpt-4o', { apiKey, baseURL: urls.openai }),
    anthropic('claude-sonnet-5-5', { apiKey, baseURL: urls.anthropic }),
    ollama('mistral', { host: urls.ollama }),
  ];

  for (const model of models) await tracker.wrap(model)({ messages });

  const [gpt, claude, mistral] = tracker.rows();
  for (const row of [gpt, claude]) {
    expect(row).toMatchObject({ simulated: true, unpriced: null });
    const named = row?.model.replace('-compatible', '') ?? '';
    expect(theirs.record({ model: named, ...row?.usage, at: row?.at ?? 0 }).costUsd).toBe(row?.costUsd);
  }
  expect(gpt?.costUsd).toBeGreaterThan(0);
  expect(mistral).toMatchObject({ simulated: true, local: true, costUsd: 0 });
});

function stack(tracker: CostTracker, adapter: Model): Router {
  const router = createRouter({
    models: { m: tracker.wrap(adapter) },
    roles: { default: 'm' },
    retry: { retries: 2, baseDelayMs: 1, maxDelayMs: 1 },
    wrap: [tracker.wrap],
  });
  return tracker.wrap(router) as Router;
}

describe.each(Object.entries(adapters))('%s', (_, make) => {
  test('an answer, a stream, and a call that is answered at the third try', async () => {
    const tracker = new CostTracker();
    const model = stack(tracker, make(tracker));

    await model({ role: 'writer', messages });
    await model({ role: 'writer', messages, onDelta: () => undefined });
    simulator.fault({ kind: 'status', status: 503, times: 2 });
    const { attempts } = await model({ role: 'writer', messages });

    const rows = tracker.rows();
    expect(simulator.requests).toHaveLength(5);
    expect(rows.map(({ outcome, agent }) => `${outcome} ${agent}`)).toEqual([
      'answered writer',
      'answered writer',
      'failed writer',
      'failed writer',
      'answered writer',
    ]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(5);
    expect(rows.slice(2).map(({ id }) => id)).toEqual(attempts?.map(({ id }) => id));
    expect(tracker.summary().unpriced).toBe(0);
  });
});

test('a server of your own, with neither price nor provider, passes a budget in USD through the router', async () => {
  const budgets = [{ limitUsd: 0.01, window: 'day' as const }];
  const tracker = new CostTracker({ budgets });
  const vllm = openai('house-model', { apiKey, baseURL: urls.openai });
  const claude = anthropic('house-model', { apiKey, baseURL: urls.anthropic });
  const rented = openai('house-model', { apiKey, baseURL: urls.openai, local: false });
  const router = createRouter({ models: { vllm, claude, rented }, roles: { default: 'vllm' }, wrap: [tracker.wrap] });

  await router({ messages });
  await router({ model: 'claude', messages });
  const refused: unknown = await router({ model: 'rented', messages }).catch((error: unknown) => error);

  expect(tracker.rows().map(({ model, costUsd }) => `${model} ${costUsd}`)).toEqual([
    'openai-compatible/house-model 0',
    'anthropic-compatible/house-model 0',
  ]);
  expect(BudgetError.isInstance(refused)).toBe(true);
  expect(refused).toMatchObject({ code: 'budget_unpriced' });
});

test('a failure that several callers share is one row, under the model that failed, and costs one of them', async () => {
  const tracker = new CostTracker({ prices: { 'a/b': perThousand(1_000) } });
  const failing: Model = Object.assign(
    async () => {
      await new Promise((resolve) => void setImmediate(resolve));
      throw new ModelError('stream_cut', { model: 'a/b', usage: { inputTokens: 3, outputTokens: 0 }, possiblyBilled: true });
    },
    { id: 'a/b' },
  );
  const router = tracker.wrap(createRouter({ models: { only: failing }, roles: { default: 'only' }, cache: {}, retry: false }));

  const failures = await Promise.all([1, 2, 3].map(() => router({ messages }).catch((error: unknown) => error)));

  expect(tracker.rows()).toMatchObject([{ model: 'a/b', name: 'only', outcome: 'failed', costUsd: 3 }]);
  expect(failures).toMatchObject([
    { attempts: [{ outcome: 'failed', costUsd: 3 }] },
    { attempts: [{ outcome: 'skipped' }] },
    { attempts: [{ outcome: 'skipped' }] },
  ]);
});
