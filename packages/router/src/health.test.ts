import type { Model } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError } from './errors.ts';
import { createRouter } from './router.ts';

const answer = { model: 'x/a', text: 'OK', toolCalls: [], finishReason: 'stop', usage: {} } as const;
const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const messages = [] as const;
const locked: Model = () => Promise.reject(new ModelError('auth', { model: 'x/b', status: 401, reason: 'Wrong key' }));
const hangs: Model = () => new Promise(() => undefined);
const mute: Model = () => Promise.reject(new ModelError('empty_answer', { model: 'x/a' }));

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

test('tells how each deployment has been, without asking anyone', async () => {
  const a: Model = Object.assign<Model, object>(
    async () => {
      await after(200);
      return answer;
    },
    { id: 'x/a' },
  );
  const unset: Model = Object.assign<Model, object>(vi.fn<Model>(), { notConfigured: () => 'set GROQ_API_KEY' });
  const router = createRouter({ models: { a, b: locked, c: unset }, roles: { one: 'a', two: ['b', 'a'] } });
  const asked = Promise.all([router({ role: 'one', messages }), router({ role: 'two', messages })]);
  await vi.advanceTimersByTimeAsync(100);

  expect(router.health()[0]).toMatchObject({ id: 'a', inFlight: 2, answered: 0 });
  await vi.advanceTimersByTimeAsync(100);
  await asked;
  const [first, second, third] = router.health();

  expect(first).toMatchObject({
    id: 'a',
    name: 'a',
    model: 'x/a',
    state: 'closed',
    inFlight: 0,
    queued: 0,
    answered: 2,
    failed: 0,
    latencyMs: 200,
  });
  expect(second).toMatchObject({
    id: 'b',
    state: 'open',
    failed: 1,
    lastError: { code: 'auth', status: 401, reason: 'Wrong key', at: 0 },
  });
  expect(second?.openUntil).toBeGreaterThan(Date.now());
  expect(third).toMatchObject({ isConfigured: false, lastError: { code: 'not_configured', reason: 'set GROQ_API_KEY' } });
  expect(unset).not.toHaveBeenCalled();
});

test('a probe asks each of them for a word, whatever its circuit says, and is on record', async () => {
  const b = vi
    .fn<Model>()
    .mockRejectedValueOnce(new ModelError('auth', { model: 'x/b', status: 401 }))
    .mockResolvedValue(answer);
  const heard: string[] = [];
  const router = createRouter({
    models: { a: async () => answer, b, c: hangs },
    roles: { one: ['b', 'a'] },
    onAttempt: ({ name }) => heard.push(name ?? ''),
  });
  await router({ role: 'one', messages });
  heard.length = 0;

  const probing = router.health({ probe: true, timeoutMs: 1_000 });
  await vi.advanceTimersByTimeAsync(1_000);
  const health = await probing;

  expect(health.map(({ id, probe }) => [id, probe?.isAlive, probe?.code])).toEqual([
    ['a', true, undefined],
    ['b', true, undefined],
    ['c', false, 'attempt_timeout'],
  ]);
  expect(b.mock.calls[1]?.[0]).toMatchObject({ model: 'b', settings: { maxOutputTokens: 16 }, labels: { tags: ['probe'] } });
  expect(heard.toSorted()).toEqual(['a', 'b', 'c']);
  expect(vi.getTimerCount()).toBe(0);
});

test('an empty answer is a sign of life', async () => {
  const [health] = await createRouter({ models: { a: mute } }).health({ probe: true });

  expect(health?.probe).toMatchObject({ isAlive: true, code: 'empty_answer' });
});

test('an option that is none is refused', () => {
  const router = createRouter({ models: { a: async () => answer } });

  expect(() => router.health({ prob: true } as never)).toThrow(
    new TypeError('health has no option "prob"; it has: probe, timeoutMs, signal. Did you mean "probe"?'),
  );
});

test('warming loads every model that can be loaded, once, one after the other, and tells of those that could not', async () => {
  const order: string[] = [];
  const local = (name: string, load: () => Promise<void>): Model =>
    Object.assign<Model, object>(async () => answer, {
      warm: async () => {
        order.push(`${name} begins`);
        await load();
        order.push(`${name} is there`);
      },
    });
  const mistral = local('mistral', () => after(3_000));
  const gone = new ModelError('not_found', { model: 'ollama/llama' });
  const router = createRouter({
    models: { a: [{ model: mistral }, { model: mistral }], b: local('llama', () => Promise.reject(gone)), c: async () => answer },
  });

  const warming = router.warm();
  await vi.advanceTimersByTimeAsync(3_000);

  expect(await warming).toEqual([
    { id: 'a#1', name: 'a', durationMs: 3_000 },
    { id: 'b', name: 'b', durationMs: 0, error: gone },
  ]);
  expect(order).toEqual(['mistral begins', 'mistral is there', 'llama begins']);
});
