import type { Model } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError } from './errors.ts';
import { createRouter } from './router.ts';

const answers = (id: string): Model =>
  Object.assign<Model, object>(async () => ({ model: id, text: id, toolCalls: [], finishReason: 'stop', usage: {} }), { id });
const fails = (id: string, error: ModelError): Model => Object.assign<Model, object>(() => Promise.reject(error), { id });
const messages = [] as const;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('says in words who would be asked, who would follow, and why the others would not be asked', async () => {
  const limited = fails(
    'openai/gpt-4',
    new ModelError('rate_limited', { model: 'openai/gpt-4', status: 429, retryAfterMs: 7_000 }),
  );
  const missing: Model = Object.assign<Model, object>(answers('openai/gpt-4'), { notConfigured: () => 'set AZURE_API_KEY' });
  const router = createRouter({
    models: {
      'gpt-4': [
        { id: 'gpt-4-eu', model: limited, weight: 9 },
        { id: 'gpt-4-us', model: answers('openai/gpt-4'), weight: 1 },
        { id: 'gpt-4-azure', model: missing },
      ],
      'claude-sonnet': answers('anthropic/claude-sonnet-5'),
      'gemini-long': answers('google/gemini-3-pro'),
      'local-mistral': answers('ollama/mistral'),
    },
    roles: { writer: ['gpt-4', 'claude-sonnet'] },
    contextWindowFallbacks: { 'gpt-4': ['gemini-long'] },
  });
  await router({ role: 'writer', messages });

  const explanation = router.explain({ role: 'writer' });

  expect(String(explanation)).toMatchInlineSnapshot(`
    "role "writer": gpt-4 would be asked
      1. gpt-4
         → gpt-4-us (openai/gpt-4): lots are drawn, weight 1
           gpt-4-eu (openai/gpt-4): gpt-4-eu is cooling down for 7.0 s after rate_limited
           gpt-4-azure (openai/gpt-4): set AZURE_API_KEY
           when the prompt is too long: gemini-long
      2. claude-sonnet, if that fails
           claude-sonnet (anthropic/claude-sonnet-5): the only deployment
      not in this chain: local-mistral"
  `);
  expect(JSON.parse(JSON.stringify(explanation))).toMatchObject({
    role: 'writer',
    chain: [{ name: 'gpt-4', pick: true }, { name: 'claude-sonnet' }],
  });
});

test('asks nobody and changes nothing', () => {
  const model = vi.fn<Model>();
  const router = createRouter({
    models: { a: [{ model, rpm: 1 }, { model }] },
    roles: { writer: 'a' },
    onAttempt: model as never,
  });

  const first = router.explain({ role: 'writer', messages });
  const second = router.explain({ role: 'writer', messages });

  expect(first).toEqual(second);
  expect(model).not.toHaveBeenCalled();
});

test('a link of which nobody can be asked is passed over', async () => {
  const router = createRouter({
    models: { a: [{ model: fails('x/a', new ModelError('auth', { model: 'x/a', status: 401 })) }], b: answers('x/b') },
    roles: { writer: ['a', 'b'] },
  });
  await router({ role: 'writer', messages });

  const { chain, text } = router.explain({ role: 'writer' });

  expect(chain.map(({ name, pick }) => [name, pick])).toEqual([
    ['a', false],
    ['b', true],
  ]);
  expect(text).toMatchInlineSnapshot(`
    "role "writer": b would be asked
      1. a: nobody here can be asked
           a (x/a): a is cooling down for 5.0 s after auth
      2. b
         → b (x/b): the only deployment"
  `);
});

test('knows the variant that a key always gets, and says when one is drawn', () => {
  const router = createRouter({
    models: { a: answers('x/a'), b: answers('x/b') },
    roles: { writer: 'a' },
    split: { writer: { control: { chain: 'a', weight: 0 }, candidate: { chain: ['b', 'a'], weight: 1 } } },
  });

  expect(router.explain({ role: 'writer', affinity: 'post-1' })).toMatchObject({
    variant: { name: 'candidate', isDrawn: false },
    chain: [{ name: 'b' }, { name: 'a' }],
  });
  expect(router.explain({ role: 'writer' })).toMatchObject({ variant: { isDrawn: true, of: ['control', 'candidate'] } });
});

test('fallbacks of the request are explained, single deployments among them', () => {
  const router = createRouter({
    models: { a: answers('x/a'), b: [{ model: answers('x/b') }, { model: answers('x/c') }] },
    fallbacks: { a: ['b'] },
  });

  expect(router.explain({ model: 'a', fallbacks: ['b#2'] }).chain).toMatchObject([
    { name: 'a' },
    { name: 'b#2', deployments: [{ id: 'b#2' }] },
  ]);
  expect(router.explain({ model: 'a', fallbacks: false }).chain).toHaveLength(1);
});

test('a queue that is longer than the request can wait is nobody to ask', async () => {
  const router = createRouter({ models: { a: [{ model: answers('x/a'), rpm: 1 }] }, roles: { writer: 'a' } });
  await router({ role: 'writer', messages });

  expect(router.explain({ role: 'writer' }).text).toContain('the request would wait');
  expect(router.explain({ role: 'writer', deadlineMs: 1_000 }).text).toBe(
    'role "writer": nobody can be asked now\n  1. a: nobody here can be asked\n       a (x/a): a is at its limit for 60.3 s',
  );
  await expect(router({ role: 'writer', messages, deadlineMs: 1_000 })).rejects.toMatchObject({ code: 'rate_limited' });
});

test('a stand-in is measured against the messages that it would get', () => {
  const router = createRouter({ models: { a: answers('x/a'), b: [{ model: answers('x/b'), maxInputTokens: 20 }] } });
  const long = [{ role: 'user', content: 'many words '.repeat(100) }] as const;
  const short = [{ role: 'user', content: 'few' }] as const;
  const [, ofAll] = router.explain({ model: 'a', messages: long, fallbacks: ['b'] }).chain;
  const [, ofItsOwn] = router.explain({ model: 'a', messages: long, fallbacks: [{ model: 'b', messages: short }] }).chain;

  expect(ofAll?.deployments).toMatchObject([{ pick: false }]);
  expect(ofItsOwn?.deployments).toMatchObject([{ pick: true }]);
});

test('a backend without its key is not said to be asked', async () => {
  const keyless: Model = Object.assign<Model, object>(fails('x/a', new ModelError('not_configured', { model: 'x/a' })), {
    notConfigured: () => 'set A_API_KEY',
  });
  const router = createRouter({ models: { a: keyless, b: answers('x/b') }, roles: { writer: ['a', 'b'], lonely: 'a' } });

  expect((await router({ role: 'writer', messages })).text).toBe('x/b');
  expect(router.explain({ role: 'writer' }).text).toBe(
    'role "writer": b would be asked\n  1. a: nobody here can be asked\n       a (x/a): set A_API_KEY\n  2. b\n     → b (x/b): the only deployment',
  );
  expect(router.explain({ role: 'lonely' }).text).toMatch(/^role "lonely": nobody can be asked now/);
});

test('a prompt that is known to be too long is followed to whoever takes it', async () => {
  const router = createRouter({
    models: { a: [{ model: answers('x/a'), maxInputTokens: 20 }], b: answers('x/b'), long: answers('x/long') },
    roles: { writer: ['a', 'b'] },
    contextWindowFallbacks: { a: ['long'] },
  });
  const request = { role: 'writer', messages: [{ role: 'user', content: 'many words '.repeat(100) }] } as const;

  expect((await router(request)).text).toBe('x/long');
  expect(router.explain(request).text).toContain('role "writer": long would be asked');
  expect(router.explain(request).chain.map(({ name }) => name)).toEqual(['a', 'long']);
});

test('a single deployment that stands in is not said to be asked when it would not be', async () => {
  const router = createRouter({
    models: {
      a: fails('x/a', new ModelError('auth', { model: 'x/a', status: 401 })),
      b: [{ model: answers('x/b'), id: 'eu', tags: ['eu'] }, { model: answers('x/c') }],
      c: answers('x/c'),
    },
    fallbacks: { a: ['eu', 'c'] },
  });
  const request = { model: 'a', messages, labels: { tags: ['us'] } };

  const { attempts } = await router(request);
  const { chain, text } = router.explain(request);

  expect(attempts?.map(({ deployment, outcome }) => [deployment, outcome])).toEqual([
    ['a', 'failed'],
    ['eu', 'skipped'],
    ['c', 'answered'],
  ]);
  expect(chain.map(({ name, pick }) => [name, pick])).toEqual([
    ['a', false],
    ['eu', false],
    ['c', true],
  ]);
  expect(text).toContain('c would be asked');
});

test.each([
  [{ role: 'cook' }, 'role "cook": nobody would be asked. There is no role named "cook" and no default role; there are: none.'],
  [{ model: 'a', fallbacks: ['z'] }, 'model "a": nobody would be asked. There is no model named "z"; there are: a.'],
])('%j cannot be served, and the reason is given', (request, text) => {
  expect(createRouter({ models: { a: answers('x/a') } }).explain(request).text).toBe(text);
});
