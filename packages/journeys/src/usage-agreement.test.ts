/** What adapters say was used is what `usageFrom` reads out of the same payload: a ledger's tokens are those of the answer. */
import Anthropic from '@anthropic-ai/sdk';
import type { Model, ModelRequest } from '@rolecall/core';
import { CostTracker, usageFrom, type UsageApi } from '@rolecall/cost-tracker';
import { createRouter } from '@rolecall/router';
import { anthropic } from '@rolecall/router/anthropic';
import { groq } from '@rolecall/router/groq';
import { ollama } from '@rolecall/router/ollama';
import { openai } from '@rolecall/router/openai';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import Groq from 'groq-sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const key = { apiKey: 'test-key' };
const adapters: readonly (readonly [name: string, make: (client: (made: object) => object) => Model])[] = [
  [
    'openai',
    (use) =>
      openai('gpt-4o', { client: use(new OpenAI({ ...key, baseURL: simulator.urls.openai })) as OpenAI, provider: 'openai' }),
  ],
  [
    'anthropic',
    (use) =>
      anthropic('claude-sonnet-5-5', { client: use(new Anthropic({ ...key, baseURL: simulator.urls.anthropic })) as Anthropic }),
  ],
  ['groq', (use) => groq('llama-3.3-70b-versatile', { client: use(new Groq({ ...key, baseURL: simulator.urls.groq })) as Groq })],
  ['ollama', (use) => ollama('llama3.2', { client: use(new Ollama({ host: simulator.urls.ollama })) as Ollama, local: true })],
];
const asIs = (client: object): object => client;

/** A prompt that is long enough for a cache to keep it. */
const system = {
  role: 'system' as const,
  content: [{ type: 'text' as const, text: 'A rule of the house. '.repeat(400), cacheBreakpoint: true }],
};
const request: ModelRequest = {
  messages: [system, { role: 'user', content: 'Hello there' }],
  settings: { maxOutputTokens: 2_000 },
};
const streamed: ModelRequest = { ...request, onDelta: () => undefined };

describe.each(adapters)('%s', (_, make) => {
  test.each([
    ['plain', request],
    ['streamed', streamed],
  ])('an answer that is %s, cached or not', async (__, ask) => {
    const model = make(asIs);

    for (const response of [await model(ask), await model(ask)]) {
      const { source, ...usage } = response.usage;
      const report = usageFrom(source?.api as UsageApi, source?.payload);

      expect(report.problem).toBeUndefined();
      expect(usage).toEqual(report.usage);
      expect(usage.inputTokens).toBeGreaterThan(2_000);
      expect(usage.outputTokens).toBeGreaterThan(0);
    }
  });

  test.each([
    ['plain', request],
    ['streamed', streamed],
  ])('a tracked client under a wrapped adapter under a wrapped router: one row for each request (%s)', async (__, ask) => {
    const tracker = new CostTracker();
    const model = make((client) => tracker.track(client));
    const router = createRouter({
      models: { mine: model },
      roles: { default: 'mine' },
      retry: { baseDelayMs: 1 },
      wrap: [tracker.wrap],
    });
    simulator.fault({ kind: 'status', status: 500 });

    const response = await tracker.wrap(router)({ ...ask, role: 'writer' });

    const rows = tracker.rows();
    expect(rows.map(({ outcome, agent, name }) => [outcome, agent, name])).toEqual([
      ['failed', 'writer', 'mine'],
      ['answered', 'writer', 'mine'],
    ]);
    expect(rows.map(({ id }) => id)).toEqual(response.attempts?.map(({ id }) => id));
    expect(simulator.requests).toHaveLength(2);
    expect(tracker.summary()).toMatchObject({ requests: 2, unpriced: 0 });
  });

  test('a wrapped router alone makes a row for each attempt, and the tracked client below none', async () => {
    const tracker = new CostTracker();
    const models = { mine: make((client) => tracker.track(client)) };
    const router = createRouter({ models, roles: { default: 'mine' }, retry: { baseDelayMs: 1 } });
    simulator.fault({ kind: 'status', status: 500 });

    await tracker.wrap(router)({ ...request, role: 'writer' });

    expect(tracker.rows().map(({ outcome, agent }) => [outcome, agent])).toEqual([
      ['failed', 'writer'],
      ['answered', 'writer'],
    ]);
  });
});
