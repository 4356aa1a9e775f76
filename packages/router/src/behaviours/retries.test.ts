/** Behaviours 1 to 12: how often, and when, a call that failed is made again. */
import type { ModelResponse } from '@rolecall/core';
import { startSimulator } from '@rolecall/simulator';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { anthropic } from '../adapters/anthropic.ts';
import { groq } from '../adapters/groq.ts';
import { ollama } from '../adapters/ollama.ts';
import { openai } from '../adapters/openai.ts';
import type { ModelError, RouteError } from '../errors.ts';
import { createRouter, type Router } from '../router.ts';

const simulator = await startSimulator();
const { urls } = simulator;
const messages = [{ role: 'user', content: 'Go.' }] as const;
const apiKey = 'test';
const gpt = openai('gpt-4o', { apiKey, baseURL: urls.openai });
const claude = anthropic('claude-sonnet-5-5', { apiKey, baseURL: urls.anthropic });
const llama = groq('llama-3.3-70b-versatile', { apiKey, baseURL: urls.groq });
const mistral = ollama('mistral', { host: urls.ollama });
const all = { gpt, claude, llama, mistral };

/** Waits too short to matter. */
const atOnce = { baseDelayMs: 1, throttledBaseDelayMs: 1 };

vi.setConfig({ testTimeout: 60_000 }); // a busy machine
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());
afterEach(() => void vi.restoreAllMocks());

const answerRequests = () => simulator.requests.filter(({ method }) => method === 'POST');
const asked = (model: string): number => answerRequests().filter((request) => request.model === model).length;

/** The request comes when; the milliseconds between one and the next. */
function gaps(): readonly number[] {
  const times = answerRequests().map(({ at }) => at);
  return times.slice(1).map((at, index) => at - (times[index] ?? 0));
}

const failure = (router: Router, request: object = {}): Promise<RouteError | ModelError> =>
  router({ messages, ...request }).then(
    ({ text }) => expect.unreachable(`it answered: ${text}`),
    (error: RouteError | ModelError) => error,
  );
const waits = ({ attempts = [] }: Pick<ModelResponse, 'attempts'>): readonly number[] => attempts.map(({ waitMs }) => waitMs);

test('1. with three retries, a backend that always gives 500 sees exactly four requests', async () => {
  simulator.fault({ kind: 'status', status: 500, times: Infinity });
  const router = createRouter({ models: all, retry: { retries: 3, ...atOnce } });

  for (const model of ['gpt', 'claude', 'llama', 'mistral'] as const) await failure(router, { model });

  expect(['gpt-4o', 'claude-sonnet-5-5', 'llama-3.3-70b-versatile', 'mistral'].map(asked)).toEqual([4, 4, 4, 4]);
});

test('2. with no retries it sees exactly one', async () => {
  simulator.fault({ kind: 'status', status: 500, times: Infinity });
  const router = createRouter({ models: all, retry: { retries: 0 } });

  for (const model of ['gpt', 'claude', 'llama', 'mistral'] as const) await failure(router, { model });

  expect(['gpt-4o', 'claude-sonnet-5-5', 'llama-3.3-70b-versatile', 'mistral'].map(asked)).toEqual([1, 1, 1, 1]);
});

test('3. three retries for 429 and none for 401 mean four requests and one, whatever the general number', async () => {
  for (const retries of [0, 1, 5]) {
    simulator.reset();
    simulator.fault({ provider: 'openai', kind: 'status', status: 429, times: Infinity });
    simulator.fault({ provider: 'anthropic', kind: 'status', status: 401, times: Infinity });
    const router = createRouter({ models: all, retry: { retries, perCode: { rate_limited: 3, auth: 0 }, ...atOnce } });

    await failure(router, { model: 'gpt' });
    await failure(router, { model: 'claude' });

    expect([asked('gpt-4o'), asked('claude-sonnet-5-5')], `retries: ${retries}`).toEqual([4, 1]);
  }
});

test('4. a named model’s own numbers beat the general ones, and a kind they leave out uses the default number', async () => {
  const perCode = { overloaded: 0, rate_limited: 0 };
  const perModel = { gpt: { perCode: { overloaded: 3 } } };
  const router = createRouter({ models: { gpt, claude }, retry: { retries: 2, perCode, perModel, ...atOnce } });
  const requestsAfter = async (status: number, model: 'gpt' | 'claude'): Promise<number> => {
    simulator.reset();
    simulator.fault({ kind: 'status', status, times: Infinity });
    await failure(router, { model });
    return simulator.requests.length;
  };

  expect(await requestsAfter(500, 'gpt')).toBe(4);
  expect(await requestsAfter(429, 'gpt')).toBe(3);
  expect(await requestsAfter(500, 'claude')).toBe(1);
});

test('5. a 404 is not retried, unless a policy names it', async () => {
  simulator.fault({ kind: 'status', status: 404, times: Infinity });
  const plain = createRouter({ models: { gpt }, retry: { retries: 3, ...atOnce } });
  const named = createRouter({ models: { claude }, retry: { perCode: { not_found: 2 }, ...atOnce } });

  expect(await failure(plain, { model: 'gpt' })).toMatchObject({ code: 'not_found', status: 404 });
  expect(await failure(named, { model: 'claude' })).toMatchObject({ code: 'not_found', status: 404 });

  expect([asked('gpt-4o'), asked('claude-sonnet-5-5')]).toEqual([1, 3]);
});

test('6. 400 and 422 are not retried, and a policy does not delay the fallback of a group that is cooling down', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.9); // any back-off here would be of seconds
  const router = createRouter({
    models: { gpt, group: [{ model: claude }, { model: llama }], mistral },
    retry: { retries: 3, perCode: { rate_limited: 3, overloaded: 3 }, baseDelayMs: 8_000, throttledBaseDelayMs: 8_000 },
    roles: { default: ['group', 'mistral'] },
  });
  for (const status of [400, 422]) {
    simulator.reset();
    simulator.fault({ kind: 'status', status });
    expect(await failure(router, { model: 'gpt' })).toMatchObject({ code: 'invalid_request', status });
    expect(simulator.requests).toHaveLength(1);
  }
  simulator.reset();
  simulator.fault({ provider: 'anthropic', kind: 'status', status: 429, times: Infinity });
  simulator.fault({ provider: 'groq', kind: 'status', status: 429, times: Infinity });

  const responses = [await router({ messages }), await router({ messages })];

  expect(responses.map(({ model }) => model)).toEqual(['ollama/mistral', 'ollama/mistral']);
  expect(responses.flatMap(waits).every((waitMs) => waitMs === 0)).toBe(true);
  expect(['claude-sonnet-5-5', 'llama-3.3-70b-versatile', 'mistral'].map(asked)).toEqual([1, 1, 2]);
});

test('7. in a group of two with a healthy one left, the retry starts without a wait and goes to that one', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.9);
  simulator.fault({ kind: 'status', status: 500 });
  const router = createRouter({
    models: { group: [{ model: gpt }, { model: claude }] },
    roles: { default: 'group' },
    retry: { baseDelayMs: 8_000 },
  });

  const response = await router({ messages });

  expect(waits(response)).toEqual([0, 0]);
  expect([asked('gpt-4o'), asked('claude-sonnet-5-5')]).toEqual([1, 1]);
  expect(gaps()[0]).toBeLessThan(7_200);
});

test('8. after a 429 with Retry-After: 2 the second request of a group of one comes 2 s later, and not much more', async () => {
  simulator.fault({ kind: 'status', status: 429, headers: { 'retry-after': '2' } });
  const router = createRouter({ models: { gpt }, roles: { default: 'gpt' } });

  const response = await router({ messages });

  expect(gaps()).toHaveLength(1);
  expect(gaps()[0]).toBeGreaterThanOrEqual(2_000);
  expect(gaps()[0]).toBeLessThan(2_750 + 5_000); // a busy machine
  expect(waits(response)[1]).toBeGreaterThanOrEqual(2_000);
});

test('9. Retry-After as a date works alike; a date that is past, or a negative number, falls to back-off', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const router = createRouter({ models: { gpt }, roles: { default: 'gpt' } });
  const waitAfter = async (retryAfter: string): Promise<number> => {
    simulator.reset();
    simulator.fault({ kind: 'status', status: 429, headers: { 'retry-after': retryAfter } });
    const response = await router({ messages });
    expect(simulator.requests).toHaveLength(2);
    return waits(response)[1] ?? 0;
  };
  const soon = Math.ceil(Date.now() / 1_000) * 1_000 + 1_000; // a date has no milliseconds

  expect(await waitAfter(new Date(soon).toUTCString())).toBeGreaterThan(0);
  expect(answerRequests()[1]?.at).toBeGreaterThanOrEqual(soon);
  expect(await waitAfter(new Date(Date.now() - 60_000).toUTCString())).toBeGreaterThanOrEqual(499); // a timer may be early by less than a millisecond
  expect(await waitAfter('-5')).toBeGreaterThanOrEqual(499);
});

test('10. Retry-After: 300 with nobody else to ask is no early retry: the caller gets the 429, carrying 300 s', async () => {
  simulator.fault({ kind: 'status', status: 429, headers: { 'retry-after': '300' }, times: Infinity });
  const router = createRouter({ models: { gpt }, roles: { default: 'gpt' } });

  const error = await failure(router);

  expect(error).toMatchObject({ code: 'rate_limited', status: 429, retryAfterMs: 300_000 });
  expect(simulator.requests).toHaveLength(1);
});

test('11. the wait before retry n follows from the n-th error, not from the first', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  simulator.fault({ kind: 'status', status: 429, headers: { 'retry-after-ms': '30' } });
  simulator.fault({ kind: 'status', status: 429, headers: { 'retry-after-ms': '1200' } });
  const router = createRouter({ models: { gpt }, roles: { default: 'gpt' } });

  const response = await router({ messages });

  const [first = 0, second = 0] = gaps();
  expect(first).toBeGreaterThanOrEqual(30);
  expect(waits(response)[1]).toBeLessThan(1_200);
  expect(second).toBeGreaterThanOrEqual(1_200);
});

test('12. a deployment’s own number of retries beats the router’s for its own failures', async () => {
  simulator.fault({ kind: 'status', status: 500, times: Infinity });
  const router = createRouter({
    models: { own: [{ model: gpt, retries: 3 }], none: [{ model: llama, retries: 0 }], usual: [{ model: claude }] },
    retry: { retries: 1, ...atOnce },
  });

  for (const model of ['own', 'none', 'usual'] as const) await failure(router, { model });

  expect(['gpt-4o', 'llama-3.3-70b-versatile', 'claude-sonnet-5-5'].map(asked)).toEqual([4, 1, 2]);
});
