/** Stores of all kinds behind `cache`, those that fail among them. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import KeyvRedis from '@keyv/redis';
import type { Model, ModelResponse } from '@rolecall/core';
import { Keyv } from 'keyv';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type CacheStore, SafeStore } from './cache-store.ts';
import { cache, type CacheOptions } from './cache.ts';

const answer: ModelResponse = {
  model: 'openai/gpt-4o',
  text: 'Grüße aus 東京',
  content: [
    { type: 'reasoning', text: 'Hm.', provider: 'openai', opaque: { id: 1 } },
    { type: 'text', text: 'Grüße aus 東京' },
  ],
  toolCalls: [{ id: 'a', name: 'b', arguments: '{}' }],
  finishReason: 'tool_calls',
  usage: { inputTokens: 3 },
};
const request = { messages: [{ role: 'user', content: 'Hello' }] } as const;
let warnings: readonly unknown[][];

function setUp(store: CacheStore, options: CacheOptions = {}) {
  const calls = vi.fn<Model>(async () => answer);
  const model = Object.assign<Model, Partial<Model>>((asked) => calls(asked), { id: 'openai/gpt-4o' });
  return { calls, model: cache({ store, ...options })(model) };
}

beforeEach(() => {
  warnings = vi.spyOn(process, 'emitWarning').mockReturnValue().mock.calls;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('a Keyv keeps answers, and forgets them in time', async () => {
  const { calls, model } = setUp(new Keyv(), { ttlMs: 40 });
  await model(request);

  expect(await model(request)).toMatchObject({ ...answer, attempts: [{ outcome: 'cache_hit' }] });
  await sleep(60);
  await model(request);

  expect(calls).toHaveBeenCalledTimes(2);
  expect(warnings).toEqual([]);
});

const refuse = (): Promise<never> => Promise.reject(new Error('connect ECONNREFUSED'));
const failing: readonly (readonly [string, CacheStore])[] = [
  ['rejects', { get: refuse, set: refuse }],
  [
    'throws',
    {
      get: () => {
        throw new Error('connect ECONNREFUSED');
      },
      set: refuse,
    },
  ],
  ['can read and not write', { get: () => undefined, set: refuse }],
];
test.each(failing)('a store that %s fails no request, and is warned about once', async (_, store) => {
  const { calls, model } = setUp(store);

  for (let index = 0; index < 3; index++) await expect(model(request)).resolves.toBe(answer);

  expect(calls).toHaveBeenCalledTimes(3);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.[0]).toBe('The store of the cache failed: Error: connect ECONNREFUSED');
});

test('a store that never answers holds a request up for a second, and the next not at all', async () => {
  vi.useFakeTimers();
  const get = vi.fn<() => Promise<never>>(() => new Promise(() => undefined));
  const { calls, model } = setUp({ get, set: get });

  const asked = model(request);
  await vi.advanceTimersByTimeAsync(999);
  expect(calls).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await asked;
  await model(request);

  expect(calls).toHaveBeenCalledTimes(2);
  expect(get).toHaveBeenCalledTimes(1);
  expect(warnings[0]?.[0]).toContain('it did not answer within 1000 ms');
  expect(vi.getTimerCount()).toBe(0);
});

test('five seconds after a failure the store is tried again', async () => {
  vi.useFakeTimers();
  const store = new Map<string, string>();
  const get = vi.spyOn(store, 'get').mockImplementationOnce(() => {
    throw new Error('busy');
  });
  const safe = new SafeStore(store);
  store.set('a', '1');

  expect(await safe.get('a')).toBeUndefined();
  await vi.advanceTimersByTimeAsync(4_999);
  expect(await safe.get('a')).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);

  expect(await safe.get('a')).toBe('1');
  expect(get).toHaveBeenCalledTimes(2);
});

test('caches that share a store share its pause and its warning, too', async () => {
  const get = vi.fn<() => Promise<never>>(refuse);
  const store = new SafeStore({ get, set: refuse });

  for (const scope of ['a', 'b']) await setUp(store, { scope }).model(request);

  expect(get).toHaveBeenCalledTimes(1);
  expect(warnings).toHaveLength(1);
});

test.each(['no JSON', '5', 'null', '{"version":2}', '{"version":1,"response":{}}', 42, { text: 'hi' }])(
  'the value %j is no answer, and is replaced',
  async (value) => {
    const store = new Map<string, unknown>();
    const { calls, model } = setUp({ get: (key) => store.get(key), set: (key, text) => store.set(key, text) });
    await model(request);
    for (const key of store.keys()) store.set(key, value);

    await expect(model(request)).resolves.toBe(answer);
    await model(request);

    expect(calls).toHaveBeenCalledTimes(2);
  },
);

test('an answer that is no JSON is given, not kept, and warned about', async () => {
  const { model } = setUp(new Map());
  const odd = { ...answer, metadata: { servedModel: 1n as unknown as string } };
  const oddModel = cache()(async () => odd);

  await expect(oddModel(request)).resolves.toBe(odd);
  await expect(oddModel(request)).resolves.toBe(odd);

  await model(request);
  expect(warnings).toHaveLength(1);
});

function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['CI']) throw new Error('redis-server is not installed: apt-get install redis-server');
    return false;
  }
}

/** A port that was free just now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

async function startRedis(port: number): Promise<ChildProcess> {
  const redis = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']);
  for await (const chunk of redis.stdout) if (String(chunk).includes('Ready to accept connections')) break;
  return redis;
}

describe.skipIf(!hasRedis())('Redis (skipped without a redis-server)', () => {
  test('two processes share answers, and the loss of the server fails no request', { timeout: 60_000 }, async () => {
    const port = await freePort();
    const redis = await startRedis(port);
    const clients = [1, 2].map(() => new KeyvRedis<string>(`redis://127.0.0.1:${port}`));
    const stores = clients.map((client) => new Keyv(client).on('error', () => undefined));
    try {
      const [first, second] = stores.map((store) => setUp(store, { storeTimeoutMs: 2_000 }));
      await first?.model(request);
      const hit = await second?.model(request);
      const shortLived = { ...request, messages: [], cache: { ttlMs: 50 } };
      await first?.model(shortLived);
      await sleep(100);
      await second?.model(shortLived);

      expect(hit).toMatchObject({ ...answer, attempts: [{ outcome: 'cache_hit' }] });
      expect(second?.calls).toHaveBeenCalledTimes(1);

      redis.kill();
      await once(redis, 'exit');
      await expect(first?.model(request)).resolves.toBe(answer);
    } finally {
      redis.kill();
      await Promise.all(clients.map((client) => client.disconnect(true))); // by force: there is nobody left to take leave of
    }
  });
});
