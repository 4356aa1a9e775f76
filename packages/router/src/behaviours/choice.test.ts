/** Behaviours 29 to 39: which of several deployments a request goes to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '@rolecall/simulator';
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { parseConfig } from '../config.ts';
import { anthropic } from '../adapters/anthropic.ts';
import { groq } from '../adapters/groq.ts';
import { openai } from '../adapters/openai.ts';
import type { Deployment } from '../deployment.ts';
import type { ModelError, RouteError } from '../errors.ts';
import type { RouterOptions } from '../options.ts';
import { createRouter, type Router } from '../router.ts';

const simulator = await startSimulator();
const { urls } = simulator;
const messages = [{ role: 'user', content: 'Go.' }] as const;
const apiKey = 'test';
const gpt = openai('gpt-4o', { apiKey, baseURL: urls.openai });
const claude = anthropic('claude-sonnet-5-5', { apiKey, baseURL: urls.anthropic });
const llama = groq('llama-3.3-70b-versatile', { apiKey, baseURL: urls.groq });
const [gptName, claudeName, llamaName] = ['gpt-4o', 'claude-sonnet-5-5', 'llama-3.3-70b-versatile'] as const;

vi.setConfig({ testTimeout: 60_000 }); // a busy machine
afterAll(() => simulator.close());
beforeEach(() => {
  simulator.reset();
  simulator.answer({ text: 'Done.', times: Infinity });
});

const group = (deployments: readonly Deployment[], options: Partial<RouterOptions> = {}): Router =>
  createRouter({ models: { group: deployments }, roles: { default: 'group' }, retry: false, ...options });
const asked = (model: string): number => simulator.requests.filter((request) => request.model === model).length;
const failure = (router: Router, request: object = {}): Promise<RouteError | ModelError> =>
  router({ messages, ...request }).then(
    ({ text }) => expect.unreachable(`it answered: ${text}`),
    (error: RouteError | ModelError) => error,
  );

async function ask(router: Router, count: number, request: object = {}): Promise<void> {
  for (let index = 0; index < count; index++) await router({ messages, ...request });
}

/** How many of so many requests, 50 at a time, reach the model. */
async function reaching(model: string, router: Router, count: number): Promise<number> {
  const before = { all: simulator.requests.length, model: asked(model) };
  await Promise.all(Array.from({ length: 50 }, () => ask(router, count / 50)));
  expect(simulator.requests.length - before.all).toBe(count);
  return asked(model) - before.model;
}

/** Requests that are not answered until the test is over. */
async function hang(router: Router, model: string, count: number, request: object): Promise<void> {
  const controller = new AbortController();
  const before = asked(model);
  simulator.fault({ model, kind: 'silence', times: count });
  const hanging = Array.from({ length: count }, () => router({ messages, signal: controller.signal, ...request }));
  onTestFinished(async () => {
    controller.abort();
    await Promise.allSettled(hanging);
  });
  await vi.waitFor(() => expect(asked(model)).toBe(before + count), { timeout: 10_000 });
}

test('29. weights of 9 and 1 send 900 of 1,000 requests to the first, give or take 40', async () => {
  const router = group([
    { model: gpt, weight: 9 },
    { model: llama, weight: 1 },
  ]);

  const first = await reaching(gptName, router, 1_000);

  expect(Math.abs(first - 900)).toBeLessThanOrEqual(40);
});

test('30. without weights, rpm of 9 to 1 give the same split; with nothing at all it is even', async () => {
  // Ten times as much, so that it is the lots that are seen and not the limits, which would give the same split to any lots.
  const byRpm = await reaching(
    gptName,
    group([
      { model: gpt, rpm: 9_000 },
      { model: llama, rpm: 1_000 },
    ]),
    500,
  );
  const even = await reaching(gptName, group([{ model: gpt }, { model: llama }]), 500);

  expect(Math.abs(byRpm - 450)).toBeLessThanOrEqual(35);
  expect(Math.abs(even - 250)).toBeLessThanOrEqual(60);
});

test('31. a weight given to the second deployment only is honoured: the first counts 0', async () => {
  const router = group([{ model: gpt }, { model: llama, weight: 1 }]);

  await ask(router, 100);

  expect([asked(gptName), asked(llamaName)]).toEqual([0, 100]);
});

test('32. least-busy passes over whoever hangs, and where the least busy cools down takes the next least, not any', async () => {
  const members = [
    { model: gpt, tags: ['a'] },
    { model: llama, tags: ['b'] },
    { model: claude, tags: ['c'] },
  ];
  const two = group(members.slice(0, 2), { strategy: 'least-busy' });
  await hang(two, gptName, 3, { labels: { tags: ['a'] } });
  await ask(two, 10);
  expect([asked(gptName), asked(llamaName)]).toEqual([3, 10]);

  simulator.reset();
  const three = group(members, { strategy: 'least-busy' });
  await hang(three, gptName, 3, { labels: { tags: ['a'] } });
  await hang(three, claudeName, 1, { labels: { tags: ['c'] } });
  simulator.fault({ model: llamaName, kind: 'status', status: 401 });
  await failure(three);
  await ask(three, 10);

  expect([asked(gptName), asked(llamaName), asked(claudeName)]).toEqual([3, 1, 11]);
});

test('33. usage-based routing passes over whoever has used up its tokens or requests; when all have, it is a 429 with a wait', async () => {
  simulator.reset();
  simulator.answer({ text: 'Done.', usage: { inputTokens: 60, outputTokens: 60 }, times: Infinity });
  const options = { strategy: 'usage-based-routing-v2' } as const;
  const byTokens = group(
    [
      { model: gpt, tpm: 100 },
      { model: llama, tpm: 10_000 },
    ],
    options,
  );
  await ask(byTokens, 11);
  expect([asked(gptName), asked(llamaName)]).toEqual([1, 10]);

  const full = group(
    [
      { model: gpt, tpm: 100 },
      { model: llama, tpm: 100 },
    ],
    options,
  );
  await ask(full, 2);
  expect([asked(gptName), asked(llamaName)]).toEqual([2, 11]);
  const error = await failure(full);
  expect(error).toMatchObject({ code: 'rate_limited', status: 429 });
  expect(error.retryAfterMs).toBeGreaterThan(0);
  expect(error.retryAfterMs).toBeLessThanOrEqual(61_000);
  expect(simulator.requests).toHaveLength(13);

  const byRequests = group(
    [
      { model: gpt, rpm: 3 },
      { model: claude, rpm: 100 },
    ],
    options,
  );
  await ask(byRequests, 30);
  expect(asked(gptName)).toBeLessThanOrEqual(2 + 3);
  expect(asked(gptName) + asked(claudeName)).toBe(2 + 30);
});

test('34. latency-based routing follows a change: one that turns 10 times slower gets at most 2 of the next 20', async () => {
  const router = group([{ model: gpt }, { model: llama }], { strategy: 'latency-based-routing' });
  for (const model of [gptName, llamaName]) simulator.fault({ model, kind: 'slow', delayMs: 20, times: 15 });
  await ask(router, 10);
  simulator.reset();
  simulator.answer({ text: 'Done.', times: Infinity });
  simulator.fault({ model: gptName, kind: 'slow', delayMs: 20, times: Infinity });
  simulator.fault({ model: llamaName, kind: 'slow', delayMs: 200, times: Infinity });

  await ask(router, 20);

  expect(asked(gptName)).toBeGreaterThanOrEqual(18);
});

test('35. cost-based routing takes the lowest known price; an unknown one comes last, with a warning', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listen);
  onTestFinished(() => void process.off('warning', listen));
  const router = group(
    [
      { id: 'unpriced', model: gpt },
      { id: 'dear', model: claude, inputUsdPerMillion: 3, outputUsdPerMillion: 15 },
      { id: 'cheap', model: llama, inputUsdPerMillion: 0.6, outputUsdPerMillion: 0.8 },
    ],
    { strategy: 'cost-based-routing', retry: {} },
  );

  await ask(router, 10);
  expect([asked(gptName), asked(claudeName), asked(llamaName)]).toEqual([0, 0, 10]);
  simulator.fault({ model: llamaName, kind: 'status', status: 401 });
  await ask(router, 10);
  expect([asked(gptName), asked(claudeName), asked(llamaName)]).toEqual([0, 10, 11]);
  simulator.fault({ model: claudeName, kind: 'status', status: 401 });
  await ask(router, 10);

  expect([asked(gptName), asked(claudeName), asked(llamaName)]).toEqual([10, 11, 11]);
  await sleep(0);
  expect(warnings.map(({ message }) => message).filter((message) => message.includes('unpriced'))).toHaveLength(1);
});

test('36. order 1 takes everything while it is healthy, order 2 only when every one of order 1 failed or cools down', async () => {
  const router = group(
    [
      { model: gpt, order: 1 },
      { model: claude, order: 1 },
      { model: llama, order: 2 },
    ],
    { retry: { retries: 2 } },
  );

  await ask(router, 30);
  expect(asked(llamaName)).toBe(0);
  expect(Math.min(asked(gptName), asked(claudeName))).toBeGreaterThan(0);

  simulator.fault({ model: gptName, kind: 'status', status: 401, times: Infinity });
  await ask(router, 10);
  expect(asked(llamaName)).toBe(0);

  simulator.fault({ model: claudeName, kind: 'status', status: 500 });
  await ask(router, 1);
  expect(asked(llamaName)).toBe(1);
  simulator.fault({ model: claudeName, kind: 'status', status: 401, times: Infinity });
  await ask(router, 10);
  expect(asked(llamaName)).toBe(11);
});

test('37. a request tagged paid reaches only deployments so tagged, one without a tag only the default ones', async () => {
  const router = group([
    { model: gpt, tags: ['paid'] },
    { model: claude, tags: ['default'] },
    { model: llama, tags: ['free'] },
  ]);

  await ask(router, 20, { labels: { tags: ['paid'] } });
  expect([asked(gptName), asked(claudeName), asked(llamaName)]).toEqual([20, 0, 0]);
  await ask(router, 20);

  expect([asked(gptName), asked(claudeName), asked(llamaName)]).toEqual([20, 20, 0]);
});

test('38. a deployment whose max_input_tokens is below the prompt is not asked', async () => {
  const router = group([
    { model: gpt, maxInputTokens: 100, weight: 99 },
    { model: llama, weight: 1 },
  ]);
  const long = [{ role: 'user', content: 'word '.repeat(200) }] as const;

  await ask(router, 20, { messages: long });
  expect([asked(gptName), asked(llamaName)]).toEqual([0, 20]);

  await ask(router, 20);
  expect(asked(gptName)).toBeGreaterThan(0);
});

test('39. an unknown strategy stops the start with the list of those there are', () => {
  const names = [
    'simple-shuffle',
    'least-busy',
    'latency-based-routing',
    'cost-based-routing',
    'usage-based-routing',
    'usage-based-routing-v2',
  ];
  const strategy = 'latency-based' as 'latency-based-routing';
  const yaml = [
    'model_list:',
    `  - { model_name: group, litellm_params: { model: openai/gpt-4o, api_key: test, api_base: "${urls.openai}" } }`,
    'router_settings:',
    '  routing_strategy: latency-based',
  ].join('\n');

  for (const start of [() => group([{ model: gpt }], { strategy }), () => parseConfig(yaml, { file: 'config.yaml', env: {} })]) {
    expect(start).toThrow(TypeError);
    expect(start).toThrow('latency-based');
    for (const name of names) expect(start).toThrow(name);
  }
  expect(() => parseConfig(yaml, { file: 'config.yaml', env: {} })).toThrow('config.yaml:4:');
});
