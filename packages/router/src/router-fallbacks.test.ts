/** Who stands in for whom: general chains, those for long prompts and filtered answers, single deployments, changed remedies. */
import type { Delta, Model, ModelResponse } from '@rolecall/core';
import { expect, test } from 'vitest';
import { ModelError, type ModelErrorCode, type ModelErrorFacts } from './errors.ts';
import { createRouter, type Router } from './router.ts';

const messages = [] as const;
const answers =
  (text: string, more: Partial<ModelResponse> = {}): Model =>
  async () => ({ model: `stub/${text}`, text, toolCalls: [], finishReason: 'stop', usage: {}, ...more });
const fails =
  (code: ModelErrorCode, facts: Partial<ModelErrorFacts> = {}): Model =>
  () =>
    Promise.reject(new ModelError(code, { model: 'stub/x', ...facts }));
const off = { retry: false, cooldown: false } as const;

/** The names asked, in order, and what came of it. */
async function story(router: Router, request: object): Promise<string> {
  const outcome = await router({ messages, ...request }).catch((error: ModelError) => error);
  const asked = (outcome.attempts ?? []).map(({ name, deployment }) => (deployment === name ? name : deployment));
  return `${asked.join(' ')}: ${outcome instanceof Error ? outcome.code : outcome.text}`;
}

test('fallbacks of a fallback are followed, and nobody is asked twice', async () => {
  const down = fails('overloaded');
  const router = createRouter({
    models: { a: down, b: down, c: down, d: answers('d') },
    fallbacks: { a: ['b', 'd'], b: ['c', 'a'], c: ['b'] },
    ...off,
  });

  expect(await story(router, { model: 'a' })).toBe('a b c d: d');
  expect(await story(router, { model: 'c' })).toBe('c b a d: d');
});

test("'*' is for whoever has no list of its own", async () => {
  const down = fails('overloaded');
  const router = createRouter({
    models: { a: down, b: down, c: answers('c') },
    fallbacks: { a: ['b'], '*': ['c'] },
    roles: { writer: 'b' },
    ...off,
  });

  expect(await story(router, { model: 'a' })).toBe('a b: overloaded');
  expect(await story(router, { model: 'b' })).toBe('b c: c');
  expect(await story(router, { role: 'writer' })).toBe('b c: c');
});

test('a single deployment is kept from requests whose tags it does not all bear, if the router says all', async () => {
  const router = createRouter({
    models: { a: fails('overloaded'), b: [{ id: 'eu', model: answers('eu'), tags: ['eu'] }, { model: answers('other') }] },
    fallbacks: { a: ['eu'] },
    matchAnyTag: false,
    ...off,
  });

  expect(await story(router, { model: 'a', labels: { tags: ['eu'] } })).toBe('a eu: eu');
  expect(await story(router, { model: 'a', labels: { tags: ['eu', 'paid'] } })).toBe('a eu: overloaded');
});

test('a fallback may be one deployment of another model', async () => {
  const router = createRouter({
    models: { a: fails('overloaded'), b: [{ id: 'eu', model: answers('eu') }, { model: answers('us') }] },
    fallbacks: { a: ['b#2'] },
    ...off,
  });

  expect(await story(router, { model: 'a' })).toBe('a b#2: us');
  expect(await story(router, { model: 'a', fallbacks: ['eu'] })).toBe('a eu: eu');
});

test('a deployment that was asked behind its named model is not asked again by its id', async () => {
  const router = createRouter({
    models: { a: [{ id: 'only', model: fails('overloaded') }], b: answers('b') },
    fallbacks: { a: ['only', 'b'] },
    ...off,
  });

  expect(await story(router, { model: 'a' })).toBe('only b: b');
});

test.each([
  ['context_too_long', 'contextWindowFallbacks'],
  ['content_filtered', 'contentPolicyFallbacks'],
] as const)('after %s only its own list counts, where there is one', async (code, list) => {
  const models = {
    small: fails(code),
    other: fails(code),
    busy: fails('overloaded'),
    plain: answers('plain'),
    big: answers('big'),
  };
  const general = { small: ['plain'], other: ['plain'], busy: ['small', 'plain'] } as const;
  const without = createRouter({ models, fallbacks: general, ...off });
  const having = createRouter({ models, fallbacks: general, [list]: { small: ['big'] }, ...off });

  expect(await story(without, { model: 'small' })).toBe('small plain: plain');
  expect(await story(having, { model: 'small' })).toBe('small big: big');
  expect(await story(having, { model: 'other' })).toBe(`other: ${code}`);
  expect(await story(having, { model: 'busy' })).toBe('busy small big: big');
});

test('a stand-in for long prompts that is down is followed by what stands in for it, and by nobody else', async () => {
  const router = createRouter({
    models: { small: fails('context_too_long'), big: fails('overloaded'), bigger: fails('overloaded'), plain: answers('plain') },
    fallbacks: { small: ['plain'], big: ['bigger'] },
    contextWindowFallbacks: { small: ['big'] },
    ...off,
  });

  expect(await story(router, { model: 'small' })).toBe('small big bigger: context_too_long');
});

test('in the chain of a role such a list takes the place of the rest for whom it names, and changes nothing for others', async () => {
  const router = createRouter({
    models: { small: fails('context_too_long'), other: fails('context_too_long'), next: answers('next'), big: answers('big') },
    contextWindowFallbacks: { small: ['big'] },
    roles: { writer: ['small', 'next'], editor: ['other', 'next'] },
    ...off,
  });

  expect(await story(router, { role: 'writer' })).toBe('small big: big');
  expect(await story(router, { role: 'editor' })).toBe('other next: next');
});

test('fallbacks of a request count instead of every list', async () => {
  const router = createRouter({
    models: { small: fails('context_too_long'), plain: answers('plain'), big: answers('big') },
    contextWindowFallbacks: { '*': ['big'] },
    fallbacks: { '*': ['big'] },
    ...off,
  });

  expect(await story(router, { model: 'small', fallbacks: ['plain'] })).toBe('small plain: plain');
  expect(await story(router, { model: 'small', fallbacks: false })).toBe('small: context_too_long');
});

test('a fallback of a request may be asked something else, and only that one is', async () => {
  const heard: string[] = [];
  const noting =
    (name: string, next: Model): Model =>
    (request) => (heard.push(`${name}: ${JSON.stringify(request.messages[0]?.content)}`), next(request));
  const down = fails('overloaded');
  const router = createRouter({ models: { a: noting('a', down), b: noting('b', down), c: noting('c', answers('c')) }, ...off });
  const [long, short] = [{ role: 'user', content: 'long' } as const, { role: 'user', content: 'short' } as const];

  await router({
    model: 'a',
    messages: [long],
    fallbacks: [{ model: 'a', messages: [short] }, { model: 'b', messages: [short] }, 'a', 'c'],
  });

  expect(heard).toEqual(['a: "long"', 'a: "short"', 'b: "short"', 'c: "long"']);
});

test('fallbacks of a request are no business of a router below', async () => {
  const inner = createRouter({ models: { x: fails('overloaded'), y: answers('y') }, roles: { draft: ['x', 'y'] }, ...off });
  const router = createRouter({ models: { drafts: inner.role('draft'), c: answers('c') }, ...off });

  await expect(router({ model: 'drafts', messages, fallbacks: ['c'] })).resolves.toMatchObject({ text: 'y' });
});

const filtered = answers('Once', { finishReason: 'content_filter', usage: { outputTokens: 1 } });

test('an answer that a filter stopped is a failure where a chain for that exists', async () => {
  const models = { a: filtered, b: answers('b') };
  const router = createRouter({ models, contentPolicyFallbacks: { a: ['b'] }, ...off });

  const { text, attempts } = await router({ model: 'a', messages });

  expect(text).toBe('b');
  expect(attempts).toMatchObject([
    { name: 'a', outcome: 'failed', code: 'content_filtered', usage: { outputTokens: 1 } },
    { name: 'b' },
  ]);
});

test.each([
  ['no such chain', {}, {}],
  ['one for others', { contentPolicyFallbacks: { b: ['a'] } }, {}],
  ['a request that forbids fallbacks', { contentPolicyFallbacks: { a: ['b'] } }, { fallbacks: false }],
] as const)('with %s it is an answer', async (_, options: object, request: object) => {
  const router = createRouter<'a' | 'b'>({ models: { a: filtered, b: answers('b') }, ...options, ...off });

  await expect(router({ model: 'a', messages, ...request })).resolves.toMatchObject({
    text: 'Once',
    finishReason: 'content_filter',
  });
});

const streaming: Model = async (request) => {
  await request.onDelta?.({ type: 'text', text: 'Once' });
  return await filtered(request);
};

test('it is an answer, too, when the caller has read some of it already', async () => {
  const router = createRouter({ models: { a: streaming, b: answers('b') }, contentPolicyFallbacks: { a: ['b'] }, ...off });
  const heard: Delta[] = [];

  const { finishReason } = await router({ model: 'a', messages, onDelta: (delta) => void heard.push(delta) });

  expect(finishReason).toBe('content_filter');
  expect(heard).toHaveLength(1);
});

test('what one provider cannot take may be taken by the next', async () => {
  const router = createRouter({
    models: { a: fails('invalid_request', { unsupported: true }), b: fails('invalid_request'), c: answers('c') },
    roles: { image: ['a', 'c'], bad: ['b', 'c'] },
    ...off,
  });

  expect(await story(router, { role: 'image' })).toBe('a c: c');
  expect(await story(router, { role: 'bad' })).toBe('b: invalid_request');
});

test('remedies can be changed: to fail, to go on, and to repeat', async () => {
  const down = { auth: fails('auth'), bad: fails('invalid_request'), gone: fails('not_found'), last: answers('last') };
  const router = createRouter({
    models: down,
    roles: { one: ['auth', 'last'], two: ['bad', 'last'], three: ['gone', 'last'] },
    remedies: { auth: 'fail', invalid_request: 'next', not_found: 'repeat' },
    retry: { retries: 1, baseDelayMs: 0 },
    cooldown: false,
  });

  expect(await story(router, { role: 'one' })).toBe('auth: auth');
  expect(await story(router, { role: 'two' })).toBe('bad last: last');
  expect(await story(router, { role: 'three' })).toBe('gone gone last: last');
});

const cut: Model = async ({ onDelta }) => {
  await onDelta?.({ type: 'text', text: 'Once upon ' });
  throw new ModelError('stream_cut', { model: 'stub/a', committed: true, partialText: 'Once upon ' });
};
const whole: Model = async ({ onDelta }) => {
  await onDelta?.({ type: 'text', text: 'Once upon a time' });
  return { model: 'stub/b', text: 'Once upon a time', toolCalls: [], finishReason: 'stop', usage: {} };
};

test('a stream that was cut goes on with the next model, when that is asked for', async () => {
  const heard: string[] = [];
  const onDelta = (delta: Delta): void => void (delta.type === 'text' && heard.push(delta.text));
  const options = { models: { a: cut, b: whole }, roles: { writer: ['a', 'b'] as const }, ...off };

  await expect(createRouter(options)({ role: 'writer', messages, onDelta })).rejects.toMatchObject({
    code: 'stream_cut',
    partialText: 'Once upon ',
  });
  heard.length = 0;
  const { text, attempts } = await createRouter({ ...options, recover: 'continue' })({ role: 'writer', messages, onDelta });

  expect(text).toBe('Once upon a time');
  expect(heard.join('')).toBe('Once upon a time');
  expect(attempts?.map(({ name, outcome }) => [name, outcome])).toEqual([
    ['a', 'failed'],
    ['b', 'answered'],
  ]);
});
