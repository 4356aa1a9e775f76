import { startSimulator, type Simulator } from '@rolecall/simulator';
import { Ollama } from 'ollama';
import OpenAI, { APIError } from 'openai';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ask, disguised, newClient, type Fetch } from '../test/openai-client.ts';
import { BudgetError } from './budget-error.ts';
import { CostTracker } from './cost-tracker.ts';
import { perThousand } from './own-prices.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ chunkIntervalMs: 1 });
});
afterAll(() => simulator.close());

let warnings: string[] = [];
beforeEach(() => {
  simulator.reset();
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message) => void warnings.push(String(message)));
});
afterEach(() => void vi.restoreAllMocks());

test('the client that is given stays as it is', async () => {
  const tracker = new CostTracker();
  const client = newClient(simulator);
  const { fetch } = client as unknown as { fetch: Fetch };

  const tracked = tracker.track(client);
  await client.chat.completions.create(ask);

  expect(tracked).not.toBe(client);
  expect(tracked).toBeInstanceOf(OpenAI);
  expect(client).toHaveProperty('fetch', fetch);
  expect(tracker.rows()).toEqual([]);
});

test('tracking twice is tracking once, for what is made of the client, too; another tracker sees for itself', async () => {
  const [tracker, other] = [new CostTracker(), new CostTracker()];
  const tracked = tracker.track(newClient(simulator));
  const derived = tracked.withOptions({ timeout: 9_000 });

  expect(tracker.track(tracked)).toBe(tracked);
  expect(tracker.track(derived)).toBe(derived);
  await other.track(derived).chat.completions.create(ask);

  expect([tracker.rows().length, other.rows().length]).toEqual([1, 1]);
});

test('what is made of a tracked client goes where that client goes by then, and its methods can be replaced', async () => {
  const tracker = new CostTracker();
  const tracked = tracker.track(newClient({ ...simulator, urls: { ...simulator.urls, openai: 'http://127.0.0.1:9/v1' } }));

  tracked.baseURL = simulator.urls.openai;
  await tracked.withOptions({ maxRetries: 0 }).withOptions({}).chat.completions.create(ask);
  tracked.withOptions = () => tracked;

  expect(tracker.rows()).toHaveLength(1);
  expect(tracked.withOptions({})).toBe(tracked);
});

test('what is made of a tracked client is tracked once, whatever is changed, unless its fetch is another', async () => {
  const tracker = new CostTracker();
  const tracked = tracker.track(newClient(simulator));

  for (const made of [tracked.withOptions({}), tracked.withOptions({ timeout: 9_000 }).withOptions({ maxRetries: 1 })])
    await made.chat.completions.create(ask);
  await tracked.withOptions({ fetch }).chat.completions.create(ask);

  expect(tracker.rows()).toHaveLength(2);
});

test.each<[unknown, object, RegExp]>([
  [{}, {}, /track: not a client of openai/],
  [null, {}, /track: not a client/],
  [async () => 'a model', {}, /a model goes to wrap/],
  [
    { fetch, withOptions: () => ({}) },
    { providor: 'x' },
    /track\.providor: no such option; there are provider, local, includeUsage/,
  ],
  [{ fetch, withOptions: () => ({}) }, { provider: 'a/b' }, /track\.provider/],
  [{ fetch, withOptions: () => ({}) }, { local: 'yes' }, /track\.local: string/],
])('%o with %o is a TypeError', (client, options, message) => {
  const tracker = new CostTracker();

  expect(() => tracker.track(client as object, options)).toThrow(TypeError);
  expect(() => tracker.track(client as object, options)).toThrow(message);
});

describe('nobody is disturbed', () => {
  test('by a fault of the tracker: the answer is there, a row, and one warning', async () => {
    const tracker = new CostTracker();
    class Unique extends Response {
      static made = 0;
      constructor(...args: ConstructorParameters<typeof Response>) {
        super(...args);
        if (++Unique.made % 2 === 0) throw new Error('there is only one of me');
      }
    }
    const client = tracker.track(
      newClient(
        simulator,
        async (url, init) => new Unique((await fetch(url, init)).body, { headers: { 'content-type': 'application/json' } }),
      ),
    );

    const answers = [await client.chat.completions.create(ask), await client.chat.completions.create(ask)];

    expect(answers[1]?.choices[0]?.message.content).toContain('simulated');
    expect(tracker.rows()).toMatchObject([
      { outcome: 'answered', costUsd: 0 },
      { outcome: 'answered', costUsd: 0 },
    ]);
    expect(warnings).toEqual([expect.stringContaining('there is only one of me')]);
  });

  test('by numbers that make no sense: a row that says so, and one warning', async () => {
    const tracker = new CostTracker();
    simulator.answer({ text: 'Hi', usage: { inputTokens: 5, cacheReadTokens: 6 }, times: 2 });
    const client = tracker.track(newClient(simulator));

    await client.chat.completions.create(ask);
    await client.chat.completions.create(ask);

    expect(tracker.rows()[1]).toMatchObject({ costUsd: null, problem: 'cacheReadTokens + cacheWriteTokens exceed inputTokens' });
    expect(warnings).toHaveLength(1);
  });

  test('an answer that nobody reads has its row when nobody can read it any more', async () => {
    const tracker = new CostTracker();
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const client = tracker.track(newClient(simulator));

    await client.chat.completions.create(ask).asResponse();

    await vi.waitFor(
      () => {
        collectGarbage();
        expect(tracker.rows()).toMatchObject([{ outcome: 'answered', unpriced: { code: 'usage_not_reported' } }]);
      },
      { timeout: 20_000, interval: 50 },
    );
  }, 30_000);
});

test('a listener hears of a row where its request was made, wherever the answer is read', async () => {
  const tracker = new CostTracker();
  const client = tracker.track(newClient(simulator));
  const storage = new AsyncLocalStorage<string>();
  const heard: unknown[] = [];
  tracker.onRow(({ outcome }) => void heard.push([outcome, storage.getStore()]));

  const [answer, stream, left] = storage.run('the request', () => [
    client.chat.completions.create(ask),
    client.chat.completions.create({ ...ask, stream: true }),
    client.chat.completions.create({ ...ask, stream: true }),
  ]);
  await answer;
  await storage.run('elsewhere', async () => {
    for await (const chunk of await stream) void chunk;
    for await (const chunk of await left) if (chunk.choices.length > 0) break;
  });

  expect(heard).toEqual([
    ['answered', 'the request'],
    ['answered', 'the request'],
    ['aborted', 'the request'],
  ]);
});

const choice = (content: string, finished: string | null): object => ({
  choices: [{ index: 0, delta: { content }, finish_reason: finished }],
});
const usage = (completion: number): object => ({ usage: { prompt_tokens: 10, completion_tokens: completion } });

test('usage that nobody asked for stays hidden, also where a server forgets to end its last event', async () => {
  const chunks = [choice('Hello', 'stop'), { choices: [], ...usage(3) }];
  const body = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}`).join('\n\n');
  const server: Fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  const tracker = new CostTracker();
  const client = tracker.track(newClient(simulator, server), { provider: 'openai' });
  const seen: unknown[] = [];

  for await (const { choices } of await client.chat.completions.create({ ...ask, stream: true })) seen.push(choices);

  expect(seen).toEqual([[{ index: 0, delta: { content: 'Hello' }, finish_reason: 'stop' }]]);
  expect(tracker.rows()).toMatchObject([{ outcome: 'answered', usage: { inputTokens: 10, outputTokens: 3 } }]);
});

test('usage that a stream sends with its first chunk is not taken for all of it', async () => {
  const chunks = [{ ...choice('', null), ...usage(0) }, choice('Hello', null), choice('', 'stop'), { choices: [], ...usage(3) }];
  const body = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\n\n`).join('');
  const proxy: Fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  const tracker = new CostTracker();
  const client = tracker.track(newClient(simulator, proxy), { provider: 'openai' });

  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) void chunk;

  expect(tracker.rows()).toMatchObject([{ outcome: 'answered', usage: { inputTokens: 10, outputTokens: 3 } }]);
});

describe('with a budget', () => {
  const spent = {
    prices: { 'openai/gpt-4o': perThousand(1) },
    budgets: [{ name: 'day', limitUsd: 0.000_001, window: 'day' as const }],
  };

  test('a call that it has no room for is refused before it is sent, and not tried again', async () => {
    const client = new CostTracker(spent).track(newClient(simulator).withOptions({ maxRetries: 5 }), { provider: 'openai' });

    const error: unknown = await client.chat.completions.create({ ...ask, max_tokens: 10 }).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: 402, code: 'budget_exceeded', type: 'budget_error' });
    expect(simulator.requests).toEqual([]);
  });

  test('a refusal says how to hold less in the words of the API that was called', async () => {
    const client = new CostTracker(spent).track(newClient(simulator), { provider: 'openai' });

    expect(await client.chat.completions.create(ask).catch(String)).toContain('set `max_completion_tokens` on the request');
    expect(await client.responses.create({ model: 'gpt-4o', input: 'Hello' }).catch(String)).toContain('set `max_output_tokens`');
  });

  test('what runs on a machine of your own is free before it is called, too; what answers elsewhere has no price', async () => {
    const tracker = new CostTracker({ budgets: [{ limitUsd: 0 }] });
    const local = tracker.track(newClient(simulator, disguised));
    const remote = tracker.track(
      new OpenAI({ apiKey: 'k', baseURL: 'https://llm.example.com/v1', maxRetries: 0, logLevel: 'off', fetch: disguised }),
    );

    await local.chat.completions.create(ask);
    const error: unknown = await remote.chat.completions.create(ask).catch((thrown: unknown) => thrown);

    expect(tracker.rows()).toMatchObject([{ model: 'openai-compatible/gpt-4o', local: true, costUsd: 0 }]);
    expect(error).toMatchObject({ status: 402, code: 'budget_unpriced' });
  });

  test('the SDK of Ollama hands the error on as it is', async () => {
    const tracker = new CostTracker({ budgets: [{ name: 'day', limitTokens: 1, window: 'day' }] });
    const client = tracker.track(new Ollama({ host: simulator.urls.ollama }));

    const error: unknown = await client.chat({ ...ask, model: 'llama3.2' }).catch((thrown: unknown) => thrown);

    expect(BudgetError.isInstance(error)).toBe(true);
    expect(simulator.requests).toEqual([]);
  });
});
