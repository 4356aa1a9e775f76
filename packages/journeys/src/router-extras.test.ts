/** Cache, hedge, split, shadow and recovery in a whole router: real adapters and SDKs against the simulator. */
import type { Attempt, ModelResponse } from '@rolecall/core';
import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter, type ModelError, type RouterOptions, type ShadowResult } from '@rolecall/router';
import { anthropic } from '@rolecall/router/anthropic';
import { groq } from '@rolecall/router/groq';
import { openai } from '@rolecall/router/openai';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';

const messages = [{ role: 'user', content: 'Tell me a story' }] as const;
const story = 'Once upon a time there was a test.';
const outcomes = ({ attempts }: Pick<ModelResponse, 'attempts'>): unknown =>
  attempts?.map(({ name, outcome, code }) => [name, code ?? outcome]);
let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

function setUp(options: Omit<RouterOptions<'first' | 'second' | 'third' | 'fourth', never>, 'models'>) {
  const apiKey = 'simulated';
  simulator.answer({ text: story, chunks: 6, times: Infinity });
  return createRouter({
    models: {
      first: openai('gpt-4o', { apiKey, baseURL: simulator.urls.openai, provider: 'openai' }),
      second: groq('llama-3.3-70b-versatile', { apiKey, baseURL: simulator.urls.groq }),
      third: anthropic('claude-sonnet-4-5', { apiKey, baseURL: simulator.urls.anthropic }),
      fourth: openai('gpt-4o-mini', { apiKey, baseURL: simulator.urls.openai, provider: 'openai' }),
    },
    roles: { writer: ['first', 'second'], default: 'first' },
    retry: false,
    ...options,
  });
}

/** Asks for a stream; what is heard, and what comes of it. */
async function stream(router: ReturnType<typeof setUp>) {
  let said = '';
  const onDelta = (delta: { type: string; text?: string }): void => void (said += delta.text ?? `[${delta.type}]`);
  const result: unknown = await router({ role: 'writer', messages, onDelta }).catch((error: unknown) => error);
  return { said, result: result as ModelResponse & ModelError };
}

test('equal requests are one HTTP request, and the ledger has one row', async () => {
  const tracker = new CostTracker();
  const onAttempt = vi.fn<(attempt: Attempt) => void>();
  const router = setUp({ cache: {}, wrap: [tracker.wrap], onAttempt });

  const together = await Promise.all([1, 2, 3].map(() => router({ role: 'writer', messages })));
  const { said, result } = await stream(router);
  const other = await router({ messages });

  expect(together.map(({ attempts }) => attempts?.map(({ outcome }) => outcome))).toEqual([
    ['answered'],
    ['cache_hit'],
    ['cache_hit'],
  ]);
  expect(said).toBe(story);
  expect(result.attempts).toMatchObject([
    { name: 'first', model: 'openai/gpt-4o', outcome: 'cache_hit', costUsd: 0, simulated: true },
  ]);
  expect(onAttempt.mock.calls.map(([{ outcome }]) => outcome)).toEqual([
    'answered',
    'cache_hit',
    'cache_hit',
    'cache_hit',
    'answered',
  ]);
  expect(other.attempts).toMatchObject([{ outcome: 'answered' }]); // another chain, another answer
  expect(simulator.requests).toHaveLength(2);
  expect(tracker.rows()).toHaveLength(2);
});

test.each(['cut', 'stall', 'in_band_error'] as const)(
  'a stream that ends in a %s is gone on with by the next link',
  async (kind) => {
    const router = setUp({
      recover: 'continue',
      timeout: { firstTokenMs: 2_000, idleMs: 200 },
      roles: { writer: ['first', 'fourth'] },
    });
    simulator.fault({ provider: 'openai', kind, afterChunks: 3 });

    const { said, result } = await stream(router);

    expect(said).toBe(story);
    expect(result).toMatchObject({ text: story, model: 'openai/gpt-4o-mini' });
    expect(result.attempts?.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['first', 'failed'],
      ['fourth', 'answered'],
    ]);
  },
);

test.each(['second', 'third'] as const)('the %s is known to take a prefill, and is given the text so far', async (name) => {
  const router = setUp({ recover: 'continue', roles: { writer: ['first', name] } });
  simulator.reset();
  simulator.answer({ text: story, chunks: 6, model: 'gpt-4o' });
  simulator.answer({ text: 'there was a test.' });
  simulator.fault({ provider: 'openai', kind: 'cut', afterChunks: 3 });

  const { said, result } = await stream(router);

  expect(said).toBe(story);
  expect(result).toMatchObject({ text: story, attempts: [{ name: 'first' }, { name }] });
  expect(JSON.stringify(simulator.requests.at(-1)?.body)).toContain('"Once upon a time"');
});

test('when nobody can go on the cut comes out, with the text so far', async () => {
  const router = setUp({ recover: 'continue', roles: { writer: ['first', 'fourth'] } });
  simulator.reset();
  simulator.answer({ text: story, chunks: 6, model: 'gpt-4o' });
  simulator.answer({ text: 'It was a dark and stormy night.', chunks: 6 });
  simulator.fault({ provider: 'openai', kind: 'cut', afterChunks: 3 });

  const { said, result } = await stream(router);

  expect(story.startsWith(said)).toBe(true);
  expect(result).toMatchObject({ name: 'ModelError', code: 'stream_cut', committed: true, partialText: said });
  expect(outcomes(result)).toEqual([
    ['first', 'stream_cut'],
    ['fourth', 'aborted'],
  ]);
});

test('a slow first token is overtaken by a second copy, and the slow one is cancelled', { timeout: 60_000 }, async () => {
  const router = setUp({ hedge: { minDelayMs: 100 } });
  for (let index = 0; index < 50; index++) await stream(router);
  simulator.fault({ provider: 'openai', kind: 'slow', delayMs: 30_000 });

  const { said, result } = await stream(router);

  expect(said).toBe(story);
  expect(outcomes(result)).toEqual([
    ['first', 'aborted'],
    ['first', 'answered'],
  ]);
  await vi.waitFor(() => expect(simulator.requests.filter(({ closedByClient }) => closedByClient)).toHaveLength(1));
  expect(simulator.requests).toHaveLength(52);
});

test('a variant is labelled in the ledger and on the attempts', async () => {
  const tracker = new CostTracker();
  const split = { writer: { control: { chain: 'first', weight: 0 }, candidate: { chain: ['second'], weight: 1 } } } as const;
  const router = setUp({ split, wrap: [tracker.wrap] });

  const response = await router({ role: 'writer', messages, labels: { tags: ['blog'] } });

  expect(response.attempts).toMatchObject([{ name: 'second', variant: 'candidate' }]);
  expect(tracker.rows()[0]).toMatchObject({ name: 'second', tags: ['blog', 'variant:candidate'] });
});

test('a shadow that is never answered delays nothing; one that is, is told with its attempts', async () => {
  const results: ShadowResult[] = [];
  const router = setUp({
    shadow: { writer: { model: 'third', timeoutMs: 300, onResult: (result) => void results.push(result) } },
  });
  simulator.fault({ provider: 'anthropic', kind: 'silence' });

  const responses = [await router({ role: 'writer', messages }), await router({ role: 'writer', messages })];

  expect(responses.map(outcomes)).toEqual([[['first', 'answered']], [['first', 'answered']]]);
  await vi.waitFor(() => expect(results).toHaveLength(2), { timeout: 10_000 });
  expect(results.map(({ answer }) => answer?.model)).toEqual(['openai/gpt-4o', 'openai/gpt-4o']);
  expect(results.find(({ error }) => error)?.error).toMatchObject({ code: 'attempt_timeout' });
  expect(results.find(({ response }) => response)?.response?.attempts).toMatchObject([{ name: 'third', outcome: 'answered' }]);
});
