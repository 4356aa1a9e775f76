import type { Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { expect, test, vi } from 'vitest';
import { ModelError } from './errors.ts';
import { createRouter } from './router.ts';

const messages = [{ role: 'user', content: 'Who are you?' }] as const;

/** A model that answers with its own name, and keeps what it was asked. */
function named(name: string): Model & { readonly asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  const model: Model = async (request): Promise<ModelResponse> => {
    asked.push(request);
    return { model: `stub/${name}`, text: name, toolCalls: [], finishReason: 'stop', usage: {} };
  };
  return Object.assign(model, { id: `stub/${name}`, asked });
}
const down =
  (name: string): Model =>
  () =>
    Promise.reject(new ModelError('auth', { model: `stub/${name}` }));
const thrownBy = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: unknown) => error);

test('a role is served by the first of its chain, others by the default', async () => {
  const router = createRouter({
    models: { a: named('a'), b: named('b'), c: named('c') },
    roles: { writer: ['b', 'a'], editor: { chain: 'c' }, default: 'a' },
  });

  expect((await router({ role: 'writer', messages })).text).toBe('b');
  expect((await router({ role: 'editor', messages })).text).toBe('c');
  expect((await router({ role: 'cook', messages })).text).toBe('a');
  expect((await router({ messages })).text).toBe('a');
});

test('a model named by the request goes before the role', async () => {
  const router = createRouter({ models: { a: named('a'), b: named('b') }, roles: { writer: 'a' } });

  expect((await router({ role: 'writer', model: 'b', messages })).text).toBe('b');
});

test('the next in the chain answers when the first is down, and the attempts tell why', async () => {
  const router = createRouter({ models: { a: down('a'), b: named('b') }, roles: { writer: ['a', 'b'] } });

  const { text, attempts } = await router({ role: 'writer', messages });

  expect(text).toBe('b');
  expect(attempts).toMatchObject([
    { name: 'a', model: 'stub/a', outcome: 'failed', code: 'auth' },
    { name: 'b', model: 'stub/b', outcome: 'answered' },
  ]);
});

test('fallbacks stand in where a request or a role names just one model, and nowhere else', async () => {
  const router = createRouter({
    models: { a: down('a'), b: down('b'), c: named('c') },
    roles: { alone: 'a', listed: ['a', 'b'] },
    fallbacks: { a: ['c'], b: ['c', 'a'] },
  });

  expect((await router({ model: 'a', messages })).text).toBe('c');
  expect((await router({ role: 'alone', messages })).text).toBe('c');
  expect(await thrownBy(router({ role: 'listed', messages }))).toMatchObject({
    name: 'RouteError',
    attempts: [{ name: 'a' }, { name: 'b' }],
  });
});

test('models that fall back on each other are asked once each, and the loop ends', async () => {
  const router = createRouter({ models: { a: down('a'), b: down('b') }, fallbacks: { a: ['b'], b: ['a'] } });

  expect(await thrownBy(router({ model: 'b', messages }))).toMatchObject({ attempts: [{ name: 'b' }, { name: 'a' }] });
});

test('fallbacks of the request replace the configured ones, or forbid them', async () => {
  const router = createRouter({
    models: { a: down('a'), b: named('b'), c: named('c') },
    roles: { writer: ['a', 'b'] },
    fallbacks: { a: ['b'] },
  });

  const { attempts } = await router({ model: 'a', fallbacks: ['a', 'c', 'c'], messages });
  expect(attempts?.map(({ name }) => name)).toEqual(['a', 'c']);
  expect((await router({ role: 'writer', fallbacks: ['c'], messages })).text).toBe('c');
  expect(await thrownBy(router({ model: 'a', fallbacks: false, messages }))).toMatchObject({
    name: 'RouteError',
    attempts: [{ name: 'a' }],
  });
  expect(await thrownBy(router({ role: 'writer', fallbacks: [], messages }))).toMatchObject({ attempts: [{ name: 'a' }] });
  expect(await thrownBy(router({ model: 'a', fallbacks: ['x'], messages }))).toMatchObject({
    code: 'not_found',
    reason: 'There is no model named "x"; there are: a, b, c.',
  });
});

test('each link is asked by its name, on behalf of the role, and nothing else is changed', async () => {
  const b = named('b');
  const router = createRouter({ models: { a: down('a'), b }, roles: { writer: ['a', 'b'] } });
  const request: ModelRequest = { role: 'writer', labels: { workflow: 'post-1' }, settings: { seed: 1 }, messages };

  await router(request);

  const asked = Object.entries(b.asked[0] ?? {}).filter(([, value]) => value !== undefined);
  expect(Object.fromEntries(asked)).toEqual({ ...request, model: 'b', signal: expect.any(AbortSignal) });
});

test('the settings of the role lie under those of the request', async () => {
  const a = named('a');
  const router = createRouter({
    models: { a },
    roles: {
      writer: { chain: 'a', settings: { temperature: 0.7, maxOutputTokens: 100 } },
      default: { chain: 'a', settings: { seed: 1 } },
    },
  });

  await router({ role: 'writer', settings: { temperature: 0.2, maxOutputTokens: undefined }, messages });
  await router({ role: 'writer', model: 'a', messages });
  await router({ role: 'cook', messages });
  await router({ model: 'a', messages });

  expect(a.asked.map(({ settings }) => settings)).toEqual([
    { temperature: 0.2, maxOutputTokens: 100 },
    { temperature: 0.7, maxOutputTokens: 100 },
    { seed: 1 },
    undefined,
  ]);
});

test.each([
  [{ model: 'x' }, 'There is no model named "x"; there are: a, b.'],
  [{ model: '__proto__' }, 'There is no model named "__proto__"; there are: a, b.'],
  [{ model: 'constructor', role: 'writer' }, 'There is no model named "constructor"; there are: a, b.'],
  [{ role: 'toString' }, 'There is no role named "toString" and no default role; there are: writer.'],
  [{ role: 'Writer' }, 'There is no role named "Writer" and no default role; there are: writer. Did you mean "writer"?'],
  [{}, 'The request names neither a role nor a model, and no default role is set; there are: writer.'],
])('%j cannot be served: check says so before, the call after', async (ask, reason) => {
  const router = createRouter({ models: { a: named('a'), b: named('b') }, roles: { writer: 'a' } });

  expect(router.check(ask)).toBe(reason);
  const thrown = await thrownBy(router({ ...ask, messages }));
  expect(thrown).toBeInstanceOf(ModelError);
  expect(thrown).toMatchObject({ code: 'not_found', reason });
});

test('check has nothing to say of what can be served', () => {
  const router = createRouter({ models: { a: named('a') }, roles: { writer: 'a' } });

  expect(router.check({ role: 'writer' })).toBeUndefined();
  expect(router.check({ role: 'cook', model: 'a' })).toBeUndefined();
});

test('a role or a named model alone is a model, bound to it', async () => {
  const a = named('a');
  const router = createRouter({ models: { a, b: named('b') }, roles: { writer: 'a', editor: 'b' } });
  const writer = router.role('writer');
  const b = router.model('b');

  expect((await writer({ role: 'editor', model: 'b', messages })).text).toBe('a');
  expect(a.asked[0]).toMatchObject({ role: 'writer', model: 'a' });
  expect((await b({ role: 'writer', model: 'a', messages })).text).toBe('b');
  expect(b.id).toBe('stub/b');
  expect(writer.check?.({ model: 'nobody' })).toBeUndefined();
  expect(router.role('cook').check?.({})).toBe('There is no role named "cook" and no default role; there are: writer, editor.');
});

test('a router is a model of another router', async () => {
  const inner = createRouter({ models: { a: down('a'), b: named('b') }, roles: { draft: ['a', 'b'] } });
  const outer = createRouter({ models: { drafts: inner.role('draft'), c: named('c') }, roles: { writer: ['drafts', 'c'] } });

  const { text, attempts } = await outer({ role: 'writer', messages });

  expect(text).toBe('b');
  expect(attempts?.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(() => createRouter({ models: { cheap: inner } })).toThrow(TypeError);
});

test('an inner router that is all down is not repeated, and the next is asked', async () => {
  const a = vi.fn<Model>(() => Promise.reject(new ModelError('network', { model: 'stub/a' })));
  const inner = createRouter({ models: { a }, roles: { draft: 'a' }, retry: false });
  const outer = createRouter({ models: { drafts: inner.role('draft'), c: named('c') }, roles: { writer: ['drafts', 'c'] } });

  const { text, attempts } = await outer({ role: 'writer', messages });

  expect(text).toBe('c');
  expect(a).toHaveBeenCalledTimes(1);
  expect(attempts).toMatchObject([{ name: 'a', code: 'network' }, { name: 'c' }]);
});

test('wrap stands inside every attempt, the first outermost, and sees the name of the link', async () => {
  const seen: string[] = [];
  const router = createRouter({
    models: { a: down('a'), b: named('b') },
    roles: { writer: ['a', 'b'] },
    wrap: [
      (next) => (request) => (seen.push(`outer ${request.model}`), next(request)),
      (next) => (request) => (seen.push(`inner ${request.model} ${next.id}`), next(request)),
    ],
  });

  await router({ role: 'writer', messages });

  expect(seen).toEqual(['outer a', 'inner a undefined', 'outer b', 'inner b stub/b']);
});

test('a middleware that makes no model is a TypeError when the router is made', () => {
  expect(() => createRouter({ models: { a: named('a') }, wrap: [() => undefined as unknown as Model] })).toThrow(TypeError);
});

test('a bug stops the chain: nobody else is asked, and it comes out as it is', async () => {
  const bug = new TypeError('x is not a function');
  const b = named('b');
  const a = vi.fn<Model>().mockRejectedValue(bug);
  const router = createRouter({ models: { a, b }, roles: { writer: ['a', 'b'] } });

  expect(await thrownBy(router({ role: 'writer', messages }))).toBe(bug);
  expect(a).toHaveBeenCalledTimes(1);
  expect(b.asked).toEqual([]);
});

test('what onDelta throws comes out as it is, and nobody is asked again', async () => {
  const full = new Error('disk full');
  const streaming = vi.fn<Model>(async ({ onDelta }) => {
    await onDelta?.({ type: 'text', text: 'Once' });
    return await named('a')({ messages });
  });
  const b = named('b');
  const router = createRouter({ models: { a: streaming, b }, roles: { writer: ['a', 'b'] } });

  const thrown = await thrownBy(router({ role: 'writer', messages, onDelta: () => Promise.reject(full) }));

  expect(thrown).toBe(full);
  expect(streaming).toHaveBeenCalledTimes(1);
  expect(b.asked).toEqual([]);
});

test('nobody is asked on behalf of a signal that is aborted already, and none keeps a listener', async () => {
  const a = named('a');
  const router = createRouter({ models: { a }, roles: { writer: 'a' } });
  const { signal } = new AbortController();
  const listen = vi.spyOn(signal, 'addEventListener');
  const leave = vi.spyOn(signal, 'removeEventListener');

  expect(await thrownBy(router({ role: 'writer', messages, signal: AbortSignal.abort() }))).toMatchObject({ code: 'aborted' });
  expect(a.asked).toEqual([]);
  await router({ role: 'writer', messages, signal });
  expect(listen).toHaveBeenCalledTimes(1);
  expect(leave.mock.calls).toEqual(listen.mock.calls);
});
