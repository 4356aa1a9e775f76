/** Behaviours 49 and 50: a stream that is silent is left in time, and one that was cut never looks like a success. */
import type { Delta, ModelResponse } from '@rolecall/core';
import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter, type ModelError, type Router } from '@rolecall/router';
import { anthropic } from '@rolecall/router/anthropic';
import { groq } from '@rolecall/router/groq';
import { ollama } from '@rolecall/router/ollama';
import { openai } from '@rolecall/router/openai';
import { startSimulator } from '@rolecall/simulator';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';

const simulator = await startSimulator();
const { urls } = simulator;
const messages = [{ role: 'user', content: 'Go.' }] as const;
const apiKey = 'test';
const models = {
  gpt: openai('gpt-4o', { apiKey, baseURL: urls.openai, provider: 'openai' }),
  claude: anthropic('claude-sonnet-5-5', { apiKey, baseURL: urls.anthropic, provider: 'anthropic' }),
  llama: groq('llama-3.3-70b-versatile', { apiKey, baseURL: urls.groq }),
  mistral: ollama('mistral', { host: urls.ollama }),
};
const names = Object.keys(models) as readonly (keyof typeof models)[];
const story = 'Once upon a time there was a test. It failed, and it was mended, and it passed happily ever after.';

vi.setConfig({ testTimeout: 60_000 }); // a busy machine
afterAll(() => simulator.close());
beforeAll(async () => {
  for (const name of names) await models[name]({ messages }); // the SDKs are loaded: no short time-out ends in that
});
beforeEach(() => {
  simulator.reset();
  simulator.answer({ text: story, chunks: 6, times: Infinity });
});

interface Streamed {
  readonly said: string;
  readonly result: ModelResponse | ModelError;
}

async function stream(router: Router, model: string): Promise<Streamed> {
  let said = '';
  const onDelta = (delta: Delta): void => void (delta.type === 'text' && (said += delta.text));
  const result = await router({ model, messages, onDelta }).catch((error: ModelError) => error);
  const atTheEnd = said;
  await new Promise((resolve) => setImmediate(resolve));
  expect(said, 'nothing is said after the end').toBe(atTheEnd);
  return { said, result };
}
const asked = (): readonly string[] =>
  simulator.requests.filter(({ method }) => method === 'POST').map(({ provider }) => provider);

test('49. a backend that says nothing is left after the first-token limit; a stream that falls silent ends with an error within the idle limit', async () => {
  const limits = { firstTokenMs: 500, idleMs: 500 };
  const router = createRouter({
    models,
    timeout: limits,
    fallbacks: { gpt: ['claude'], claude: ['llama'], llama: ['gpt'], mistral: ['gpt'] },
  });

  const providers = { gpt: 'openai', claude: 'anthropic', llama: 'groq', mistral: 'ollama' } as const;
  for (const name of names) {
    simulator.fault({ provider: providers[name], kind: 'silence' });
    const start = performance.now();
    const { said, result } = await stream(router, name);
    const tookMs = performance.now() - start;

    expect(said).toBe(story);
    expect(result).toMatchObject({ text: story, attempts: [{ name, code: 'first_token_timeout' }, { outcome: 'answered' }] });
    expect(tookMs).toBeGreaterThanOrEqual(500);
    expect(tookMs).toBeLessThan(10_000);
  }
  expect(asked()).toHaveLength(8);

  for (const name of names) {
    simulator.fault({ provider: providers[name], kind: 'stall', afterChunks: 2 });
    const start = performance.now();
    const { said, result } = await stream(router, name);

    expect(result).toMatchObject({ name: 'ModelError', code: 'idle_timeout', committed: true, partialText: said });
    expect(said).not.toBe('');
    expect(story.startsWith(said) && said !== story).toBe(true);
    expect(performance.now() - start).toBeGreaterThanOrEqual(500);
    expect(performance.now() - start).toBeLessThan(10_000);
  }
  expect(asked()).toHaveLength(12);
});

test('50. a stream cut after content is an error and no success; what was used is on record as partial, and charged', async () => {
  const prices = Object.fromEntries(names.map((name) => [name, { input: 1, output: 2 }]));
  const tracker = new CostTracker({ prices });
  const router = createRouter({ models, wrap: [tracker.wrap], roles: { default: 'gpt' }, fallbacks: { '*': ['mistral'] } });

  for (const [index, name] of names.entries()) {
    simulator.fault({ kind: 'cut', afterChunks: 3 });
    const { said, result } = await stream(router, name);

    expect(result).toBeInstanceOf(Error);
    expect(result).toMatchObject({ code: 'stream_cut', committed: true, partialText: said });
    expect(said).not.toBe('');
    expect(story.startsWith(said) && said !== story).toBe(true);
    expect(asked()).toHaveLength(index + 1);
    expect(result.attempts).toMatchObject([{ name, outcome: 'failed', code: 'stream_cut' }]);
  }
  expect(tracker.rows().map(({ name, outcome }) => [name, outcome])).toEqual(names.map((name) => [name, 'failed']));
  expect(tracker.rows().map(({ possiblyBilled }) => possiblyBilled)).toEqual([true, true, true, false]); // nobody bills what runs here
  for (const { usage, costUsd } of tracker.rows()) {
    expect(usage.outputTokens).toBeGreaterThan(0);
    expect(usage.outputTokens).toBeLessThan(story.length / 4); // what the whole answer would have counted
    expect(costUsd).toBeGreaterThan(0);
  }
});
