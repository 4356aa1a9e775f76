import { startSimulator } from '@rolecall/simulator';
import type { Model } from '@rolecall/core';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Cancellation } from '../cancellation.ts';
import { adapterCases, type AdapterFeature } from '../testing.ts';
import { type CallEnding, initEndedBy } from '../transport/cancelled-by.ts';
import { anthropic } from './anthropic.ts';
import { groq } from './groq.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';
import { Repeats } from './repeats.ts';

const simulator = await startSimulator();
const { urls } = simulator;
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const messages = [{ role: 'user', content: 'Who are you?' }] as const;
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

test.each(vendors)('what cannot be written as JSON is no network failure past the SDK of %s either', async (_, make, wire) => {
  const model = make();
  const unwritable = { messages: [], wire: { ...wire, body: { ...wire.body, seed: 1n } } } as never;
  const thrown = (): Promise<unknown> => model(unwritable).then(undefined, (error: unknown) => error);

  const first = await thrown();
  await model({ messages: [], wire });
  const second = await thrown();

  expect(String(first)).toContain('BigInt');
  expect(String(second)).toBe(String(first));
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

test("a fetch of the user's sees every request, as the SDK would have sent it, and hears of an abort", async () => {
  const seen: { url: string; init: RequestInit | undefined }[] = [];
  const model = openai('gpt-4o', {
    apiKey: 'sk-ours',
    baseURL: urls.openai,
    fetch: (input, init) => {
      seen.push({ url: input instanceof Request ? input.url : input.toString(), init });
      return fetch(input, init);
    },
  });
  const caller = new AbortController();

  await model({ messages, signal: caller.signal });
  await model({ messages: [...messages, ...messages], signal: caller.signal });
  simulator.fault({ kind: 'silence' });
  const silent = model({ messages, signal: caller.signal }).catch((error: unknown) => error);
  setTimeout(() => caller.abort(), 20);

  expect(await silent).toMatchObject({ code: 'aborted' });
  const [first, second, third] = seen;
  expect(second?.url).toBe(first?.url);
  expect(second?.init).toMatchObject({ method: first?.init?.method, headers: first?.init?.headers });
  expect(JSON.parse(second?.init?.body as string)).toMatchObject({ model: 'gpt-4o', messages: [...messages, ...messages] });
  expect(third?.init?.signal?.aborted).toBe(true);
});

test.each([
  ['an error of its own', () => new Error('the proxy is down'), 'network'],
  ['a time limit of its own', () => new DOMException('The operation timed out', 'TimeoutError'), 'attempt_timeout'],
  ['an abort of its own', () => new DOMException('This operation was aborted', 'AbortError'), 'attempt_timeout'],
])("%s that a fetch of the user's throws means the same the second time", async (_, makeError, code) => {
  let isDown = true;
  const down: typeof fetch = (input, init) => (isDown ? Promise.reject(makeError()) : fetch(input, init));
  const model = openai('gpt-4o', { apiKey: 'sk-ours', baseURL: urls.openai, provider: 'openai', fetch: down });

  const first = await model({ messages }).catch((error: unknown) => error);
  isDown = false;
  await model({ messages });
  isDown = true;
  const third = await model({ messages }).catch((error: unknown) => error);

  expect(first).toMatchObject({ code, possiblyBilled: true });
  expect(third).toMatchObject({ code, possiblyBilled: true });
});

test("what a fetch of the user's adds to a request is not on the next", async () => {
  let asked = 0;
  const traced: typeof fetch = (input, init) => {
    if (init?.headers instanceof Headers) init.headers.append('x-call', String(++asked));
    return fetch(input, init);
  };
  const model = openai('gpt-4o', { apiKey: 'sk-ours', baseURL: urls.openai, fetch: traced });

  for (let call = 0; call < 3; call++) await model({ messages });

  expect(simulator.requests.slice(-3).map(({ headers }) => headers['x-call'])).toEqual(['1', '2', '3']);
});

test('a client whose requests have headers of their own is asked each time', async () => {
  const kinds: string[] = [];
  const requests = new Repeats({ fetch: () => Promise.resolve(new Response('{}')) });
  const viaSdk = async (ending: CallEnding): Promise<Response> => {
    kinds.push('sdk');
    const headers = new Headers({ traceparent: `00-${kinds.length}` });
    return await requests.fetch('http://localhost/', initEndedBy({ method: 'POST', headers, body: '{}' }, ending));
  };

  for (let call = 0; call < 2; call++) await requests.ask('chat', {}, new Cancellation(), viaSdk);

  expect(kinds).toEqual(['sdk', 'sdk']);
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

test('of a thousand kinds it keeps a few, and asks the SDK for the others', async () => {
  const requests = new Repeats({ fetch: async () => Response.json({}) });
  let viaSdk = 0;
  const ask = (kind: number): Promise<Response> =>
    requests.ask(`${kind}`, {}, new Cancellation(), (ending) => {
      viaSdk += 1;
      return requests.fetch('http://127.0.0.1/', initEndedBy({ method: 'POST', body: '{}' }, ending));
    });

  for (let kind = 0; kind < 1_000; kind++) await ask(kind);
  for (let kind = 0; kind < 1_000; kind++) await ask(kind);

  expect(viaSdk).toBe(2_000 - 64);
});
