import type { Delta, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { afterEach, expect, test, vi } from 'vitest';
import type { AttemptListener } from '../attempt-listener.ts';
import { ModelError } from '../errors.ts';
import { deadline } from './deadline.ts';
import { cache, type CacheOptions } from './cache.ts';
import { memoryStore } from './memory-store.ts';
import { split } from './split.ts';

const answer: ModelResponse = {
  model: 'openai/gpt-4o',
  text: 'I am a test.',
  toolCalls: [],
  finishReason: 'stop',
  usage: { inputTokens: 3, outputTokens: 4, source: { api: 'chat', payload: {} } },
};
const attempt = {
  id: '1',
  name: 'gpt',
  model: 'openai/gpt-4o',
  startedAt: 0,
  waitMs: 0,
  durationMs: 5,
  outcome: 'answered',
} as const;
const request: ModelRequest = { role: 'writer', messages: [{ role: 'user', content: 'Who are you?' }] };
const asking = (content: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  ...request,
  messages: [{ role: 'user', content }],
  ...more,
});

const nameless: Model = async () => answer;
const variant = (text: string): Model => vi.fn<Model>(async () => ({ ...answer, text }));
const check = (): string => 'no';

function setUp(options: CacheOptions = {}, response: ModelResponse = answer) {
  const calls = vi.fn<Model>(async () => response);
  const model = Object.assign<Model, Partial<Model>>((asked) => calls(asked), { id: 'openai/gpt-4o' });
  return { calls, model: cache(options)(model) };
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('the same question is asked once', async () => {
  const { calls, model } = setUp();

  await expect(model(request)).resolves.toBe(answer);
  const again = await model({ ...request, messages: [...request.messages], labels: { workflow: 'other' } });
  await model(asking('And who am I?'));

  expect(again).toMatchObject({ text: answer.text, toolCalls: [], finishReason: 'stop' });
  expect(calls).toHaveBeenCalledTimes(2);
});

test('a store that hangs costs nobody the answer, however near the deadline is', async () => {
  vi.useFakeTimers();
  const hanging = { get: () => undefined, set: () => new Promise(() => undefined) };
  const { model } = setUp({ store: hanging });

  const asked = deadline({ answerMs: 100 })(model)(request);
  const reloaded = deadline({ answerMs: 100 })(model)({ ...request, cache: { reload: true } });
  await vi.advanceTimersByTimeAsync(100);

  await expect(asked).resolves.toMatchObject({ text: answer.text });
  await expect(reloaded).resolves.toMatchObject({ text: answer.text });
});

test('an abort names the role that asked, and not the scope of the cache', async () => {
  const model = cache({ scope: 'a: openai/gpt-4o; b: groq/llama' })(() => new Promise(() => undefined));
  const controller = new AbortController();

  const early = model({ ...request, signal: AbortSignal.abort() }).catch((error: unknown) => error);
  const late = model({ ...request, signal: controller.signal }).catch((error: unknown) => error);
  controller.abort();

  expect(await early).toMatchObject({ code: 'aborted', model: 'writer' });
  expect(await late).toMatchObject({ code: 'aborted', model: 'writer' });
});

test('a hit is one attempt that used nothing, cost nothing, and is told to onAttempt', async () => {
  const onAttempt = vi.fn<AttemptListener>();
  const { model } = setUp({ onAttempt }, { ...answer, attempts: [attempt], metadata: { simulated: true, raw: { a: 1 } } });
  await model(request);

  const hit = await model({ ...request, labels: { task: 'write' } });

  const expected = {
    id: expect.stringMatching(/^[\da-f-]{36}-\d+$/),
    name: 'gpt',
    model: 'openai/gpt-4o',
    startedAt: expect.any(Number),
    waitMs: 0,
    durationMs: expect.any(Number),
    outcome: 'cache_hit',
    usage: {},
    costUsd: 0,
    simulated: true,
  };
  expect(hit.attempts).toStrictEqual([expected]);
  expect(hit).toMatchObject({ usage: { inputTokens: 3, outputTokens: 4 }, metadata: { simulated: true } });
  expect(hit.usage).not.toHaveProperty('source');
  expect(hit.metadata).not.toHaveProperty('raw');
  expect(onAttempt).toHaveBeenCalledExactlyOnceWith(expected, { role: 'writer', model: undefined, labels: { task: 'write' } });
});

const lifetimes: readonly (readonly [CacheOptions, number | undefined, number, number])[] = [
  [{}, undefined, 3_599_999, 1],
  [{}, undefined, 3_600_000, 2],
  [{ ttlMs: 50 }, undefined, 50, 2],
  [{ ttlMs: 50 }, 100, 99, 1],
  [{}, 0, 0, 2],
];
test.each(lifetimes)(
  'with %j, and %s ms in the request, it takes after %i ms %i calls',
  async (options, ttlMs, waitMs, count) => {
    vi.useFakeTimers();
    const { calls, model } = setUp(options);
    await model({ ...request, cache: { ttlMs } });

    vi.advanceTimersByTime(waitMs);
    await model(request);

    expect(calls).toHaveBeenCalledTimes(count);
  },
);

test('a store that forgets nothing does not make answers last longer', async () => {
  vi.useFakeTimers();
  const { calls, model } = setUp({ store: new Map<string, string>(), ttlMs: 50 });
  await model(request);

  vi.advanceTimersByTime(50);
  await model(request);

  expect(calls).toHaveBeenCalledTimes(2);
});

test('reload asks anew and replaces what is stored', async () => {
  const { calls, model } = setUp();
  await model(request);
  calls.mockResolvedValueOnce({ ...answer, text: 'I am new.' });

  const reloaded = await model({ ...request, cache: { reload: true } });

  expect(reloaded.text).toBe('I am new.');
  expect((await model(request)).text).toBe('I am new.');
  expect(calls).toHaveBeenCalledTimes(2);
});

test('noStore keeps nothing, and may be answered from what others have stored', async () => {
  const { calls, model } = setUp();

  await model({ ...request, cache: { noStore: true } });
  await model(request);
  await model({ ...request, cache: { noStore: true } });

  expect(calls).toHaveBeenCalledTimes(2);
});

test('namespaces share no answers', async () => {
  const store = memoryStore();
  const { calls, model } = setUp({ store, namespace: 'a' });
  await model(request);

  await model({ ...request, cache: { namespace: 'b' } });
  await model({ ...request, cache: { namespace: 'a' } });
  const other = setUp({ store, namespace: 'b' });
  await other.model(request);

  expect(calls).toHaveBeenCalledTimes(2);
  expect(other.calls).not.toHaveBeenCalled();
});

const notKept: readonly (readonly [string, Partial<ModelResponse>])[] = [
  ['cut off at its length', { finishReason: 'length' }],
  ['filtered', { finishReason: 'content_filter' }],
  ['ended otherwise', { finishReason: 'other' }],
  ['a refusal', { refusal: 'No.' }],
];
test.each(notKept)('an answer that is %s is not kept', async (_, facts) => {
  const { calls, model } = setUp({}, { ...answer, ...facts });

  await model(request);
  await model(request);

  expect(calls).toHaveBeenCalledTimes(2);
});

test('an error is not kept', async () => {
  const { calls, model } = setUp();
  const busy = new ModelError('overloaded', { model: 'openai/gpt-4o' });
  calls.mockRejectedValueOnce(busy);

  await expect(model(request)).rejects.toBe(busy);
  await expect(model(request)).resolves.toBe(answer);
});

test('tool calls and reasoning are kept, and told to a listener in order', async () => {
  const content = [
    { type: 'reasoning', text: 'Hm.', provider: 'anthropic', opaque: { signature: 'x' } },
    { type: 'text', text: 'Let me look.' },
  ] as const;
  const toolCalls = [
    { id: 'a', name: 'search', arguments: '{"query":"me"}' },
    { id: 'b', name: 'clock', arguments: '' },
  ];
  const { model } = setUp({}, { ...answer, text: 'Let me look.', content, toolCalls, finishReason: 'tool_calls' });
  await model(request);
  const heard: Delta[] = [];

  const hit = await model({ ...request, onDelta: (delta) => void heard.push(delta) });

  expect(hit).toMatchObject({ content, toolCalls, finishReason: 'tool_calls' });
  expect(heard).toEqual([
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'Let me look.' },
    { type: 'tool_call', index: 0, id: 'a', name: 'search', arguments: '{"query":"me"}' },
    { type: 'tool_call', index: 1, id: 'b', name: 'clock', arguments: '' },
  ]);
});

test('what a listener throws at a hit comes out as it is', async () => {
  const { model } = setUp();
  await model(request);
  const thrown = { my: 'own' };

  const asked = model({
    ...request,
    onDelta: () => {
      throw thrown;
    },
  });

  await expect(asked).rejects.toBe(thrown);
});

test('an abort ends a hit whose listener never comes back', async () => {
  const { model } = setUp();
  await model(request);
  const controller = new AbortController();

  const asked = model({ ...request, signal: controller.signal, onDelta: () => new Promise(() => undefined) });
  setTimeout(() => controller.abort('enough'), 5);

  await expect(asked).rejects.toMatchObject({ code: 'aborted', cause: 'enough' });
});

test('a request that is aborted already asks nobody', async () => {
  const { calls, model } = setUp();
  await model(request);

  await expect(model({ ...request, signal: AbortSignal.abort('enough') })).rejects.toMatchObject({ code: 'aborted' });
  expect(calls).toHaveBeenCalledTimes(1);
});

test('a request with wire passes by', async () => {
  const { calls, model } = setUp();
  const wired = { ...request, wire: { api: 'embeddings', body: { input: 'a' } } };

  await model(wired);
  await model(wired);

  expect(calls.mock.calls).toEqual([[wired], [wired]]);
});

test('other models, roles and fallbacks have answers of their own, unless one scope says otherwise', async () => {
  const { calls, model } = setUp();
  for (const change of [{}, { role: 'editor' }, { model: 'gpt' }, { fallbacks: false as const }]) {
    await model({ ...request, ...change });
  }
  const scoped = setUp({ scope: 'gpt > claude' });
  for (const change of [{}, { role: 'editor' }, { model: 'gpt' }]) await scoped.model({ ...request, ...change });

  expect(calls).toHaveBeenCalledTimes(4);
  expect(scoped.calls).toHaveBeenCalledTimes(1);
});

test('two models without an id share nothing', async () => {
  const middleware = cache();
  const [first, second] = [vi.fn<Model>(async () => answer), vi.fn<Model>(async () => ({ ...answer, text: 'second' }))];

  await middleware(first)(request);

  expect((await middleware(second)(request)).text).toBe('second');
});

test('who always gets one variant of a split gets no answer of the other', async () => {
  const model = cache()(split({ a: { model: variant('a'), weight: 1 }, b: { model: variant('b'), weight: 1 } }));
  const users = Array.from({ length: 20 }, (_, index) => ({ ...request, affinity: `user-${index}` }));
  const fresh = split({ a: { model: variant('a'), weight: 1 }, b: { model: variant('b'), weight: 1 } });

  const texts = await Promise.all(users.map(async (user) => (await model(user)).text));

  expect(texts).toEqual(users.map((user) => fresh.variantOf(user)));
  expect(new Set(texts).size).toBe(2);
});

test('an answer that is changed by its receiver is not changed for the next', async () => {
  const { model } = setUp({}, { ...answer, toolCalls: [{ id: 'a', name: 'b', arguments: '{}' }] });
  await model(request);

  const hit = await model(request);
  Object.assign(hit.toolCalls[0] ?? {}, { name: 'changed' });

  expect((await model(request)).toolCalls[0]?.name).toBe('b');
});

test('all that the model says of itself is said by the cached one too', () => {
  const model = Object.assign<Model, object>(async () => answer, { id: 'a/b', check, circuit: { state: 'open' } });

  expect({ ...cache()(model) }).toEqual({ id: 'a/b', check, circuit: { state: 'open' } });
});

const wrong: readonly (readonly [object, string])[] = [
  [{ ttl: 5 }, 'cache has no option "ttl"; it has: ttlMs,'],
  [{ ttlMs: 0 }, 'cache: ttlMs is 0; it must be a finite number above 0.'],
  [{ ttlMs: Infinity }, 'cache: ttlMs is Infinity; it must be'],
  [{ maxBytes: 0.5 }, 'cache: maxBytes is 0.5; it must be'],
  [{ storeTimeoutMs: -1 }, 'cache: storeTimeoutMs is -1; it must be'],
  [{ namespace: 5 }, 'cache: namespace is 5; it must be a string.'],
  [{ scope: {} }, 'cache: scope is an empty object; it must be a string.'],
  [
    { store: 'redis://me:secret@host' },
    'cache: store is a string; it must be an object with the methods get and set, such as a Keyv.',
  ],
  [{ store: new Set() }, 'cache: store is an empty object; it must be'],
  [{ onAttempt: 'log' }, 'cache: onAttempt is "log"; it must be a function.'],
];
test.each(wrong)('%j is refused', (options, message) => {
  expect(() => cache(options as CacheOptions)).toThrow(TypeError);
  expect(() => cache(options as CacheOptions)).toThrow(message);
});

test('a store that others use too needs to know whose answers it gets', () => {
  expect(() => cache({ store: new Map() })(nameless)).toThrow('cache: the model has no id; a scope must say');
  expect(() => cache({ store: new Map(), scope: 'mine' })(nameless)).not.toThrow();
});

test.each([-1, Number.NaN, Infinity])('a request that wants its answer kept for %s ms is refused', async (ttlMs) => {
  const { model } = setUp();

  await expect(model({ ...request, cache: { ttlMs } })).rejects.toThrow(`request.cache: ttlMs is ${ttlMs}; it must be`);
});
