/** How calls are repeated behind named models of one deployment and of several. */
import type { Attempt, Model, ModelResponse } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError, type ModelErrorCode, type ModelErrorFacts, type RouteError } from './errors.ts';
import type { RouterOptions } from './options.ts';
import { createRouter, type Router } from './router.ts';

await import('p-retry'); // which retries load when they are needed: a test's own clock does not wait for that

const messages = [] as const;
const answer: ModelResponse = { model: 'stub/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };

/** A model that fails so, every time or as often as said, and notes when it was asked. */
function failing(
  code: ModelErrorCode,
  facts: Partial<ModelErrorFacts> = {},
  times = Infinity,
): Model & { readonly at: number[] } {
  const at: number[] = [];
  const model: Model = async () => {
    at.push(Date.now());
    if (at.length <= times) throw new ModelError(code, { model: 'stub/a', ...facts });
    return answer;
  };
  return Object.assign(model, { at });
}
const answering = (): Model & { readonly at: number[] } => failing('network', {}, 0);

async function ask(router: Router, request: object = {}): Promise<ModelResponse | RouteError | ModelError> {
  const settled = router({ messages, ...request }).catch((error: RouteError | ModelError) => error);
  await vi.runAllTimersAsync();
  return await settled;
}
const story = ({ attempts = [] }: { attempts?: readonly Attempt[] | undefined }): unknown =>
  attempts.map(({ deployment, outcome, code }) => [deployment, code ?? outcome]);
const single = (model: Model, options: Partial<RouterOptions> = {}): Router =>
  createRouter({ models: { a: model }, roles: { default: 'a' }, ...options });

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('each deployment is named on the attempts it made', async () => {
  const router = createRouter({
    models: { a: [{ model: failing('overloaded') }, { id: 'eu', model: answering() }] },
    roles: { default: 'a' },
  });

  expect(story(await ask(router))).toEqual([
    ['a#1', 'overloaded'],
    ['eu', 'answered'],
  ]);
});

test('a policy by code beats the general number, also for codes that are not repeated otherwise', async () => {
  const options = { retry: { retries: 1, perCode: { rate_limited: 3, auth: 0, not_found: 1 } }, cooldown: false } as const;
  const [limited, auth, missing, busy] = [failing('rate_limited'), failing('auth'), failing('not_found'), failing('overloaded')];

  for (const model of [limited, auth, missing, busy]) await ask(single(model, options));

  expect([limited, auth, missing, busy].map(({ at }) => at.length)).toEqual([4, 1, 2, 2]);
});

test('numbers of a named model beat the general ones, and what they leave out is general', async () => {
  const [a, b, c] = [failing('rate_limited'), failing('overloaded'), failing('overloaded')];
  const router = createRouter({
    models: { a, b, c },
    cooldown: false,
    retry: {
      retries: 3,
      perCode: { rate_limited: 0 },
      perModel: { a: { perCode: { rate_limited: 1 } }, b: { perCode: {} }, c: false },
    },
  });

  for (const model of ['a', 'b', 'c'] as const) await ask(router, { model });

  expect([a, b, c].map(({ at }) => at.length)).toEqual([2, 4, 1]);
});

test('a deployment’s own number counts for its own failures', async () => {
  const a = failing('overloaded');

  await ask(single(a, { models: { a: [{ model: a, retries: 5 }] }, cooldown: false }));

  expect(a.at.length).toBe(6);
});

test('a healthy peer is asked at once, whatever wait the one that failed asked for', async () => {
  const [limited, peer] = [failing('rate_limited', { status: 429, retryAfterMs: 300_000 }), answering()];

  const response = await ask(createRouter({ models: { a: [{ model: limited }, { model: peer }] }, roles: { default: 'a' } }));

  expect(peer.at).toEqual([0]);
  expect((response as ModelResponse).attempts?.map(({ waitMs }) => waitMs)).toEqual([0, 0]);
});

test.each(['auth', 'quota_exceeded', 'not_found', 'first_token_timeout'] as const)(
  'after %s the peer is asked before the next link',
  async (code) => {
    const [bad, peer, next] = [failing(code), answering(), answering()];

    await ask(createRouter({ models: { a: [{ model: bad }, { model: peer }], b: next }, roles: { default: ['a', 'b'] } }));

    expect([bad, peer, next].map(({ at }) => at.length)).toEqual([1, 1, 0]);
  },
);

test.each(['context_too_long', 'content_filtered'] as const)('after %s a peer would say the same', async (code) => {
  const [bad, peer, next] = [failing(code), answering(), answering()];

  await ask(createRouter({ models: { a: [{ model: bad }, { model: peer }], b: next }, roles: { default: ['a', 'b'] } }));

  expect([peer, next].map(({ at }) => at.length)).toEqual([0, 1]);
});

test('a lone deployment is asked again after the wait that the provider asks for', async () => {
  const limited = failing('rate_limited', { status: 429, retryAfterMs: 2_000 }, 1);

  await ask(single(limited));

  expect(limited.at).toEqual([0, 2_000]);
});

test('a wait that is too long, with nobody else to ask, comes out at once with the time', async () => {
  const limited = failing('rate_limited', { status: 429, retryAfterMs: 300_000 });

  expect(await ask(single(limited))).toMatchObject({ code: 'rate_limited', status: 429, retryAfterMs: 300_000 });
  expect(limited.at).toEqual([0]);
});

test('a wait that would outlast the link’s share of the deadline is not begun', async () => {
  const [limited, next] = [failing('rate_limited', { retryAfterMs: 6_000 }), answering()];

  await ask(createRouter({ models: { a: limited, b: next }, roles: { default: ['a', 'b'] } }), { deadlineMs: 10_000 });

  expect([limited.at, next.at]).toEqual([[0], [0]]);
});

test('when all deployments of the last link are cooling, the wait ends when one of them may be asked again', async () => {
  const both = [failing('rate_limited', { retryAfterMs: 1_000 }, 1), failing('rate_limited', { retryAfterMs: 1_000 }, 1)];
  const router = createRouter({ models: { a: both.map((model) => ({ model })) }, roles: { default: 'a' } });

  const answered = await ask(router);

  expect(both.flatMap(({ at }) => at)).toEqual([0, 4_000, 0]); // 5 s, less the jitter: sooner it would have been refused unasked
  expect(story(answered)).toEqual([
    ['a#1', 'rate_limited'],
    ['a#2', 'rate_limited'],
    ['a#1', 'answered'],
  ]);
});

test('when all deployments of a link are cooling, the next link is asked without a wait', async () => {
  const [limited, next] = [failing('rate_limited', { status: 429, retryAfterMs: 5_000 }), answering()];
  const router = createRouter({
    models: { a: [{ model: limited }, { model: limited }], b: next },
    roles: { default: ['a', 'b'] },
  });

  const [first, second] = [await router({ messages }), await router({ messages })];

  expect(first.attempts?.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'answered']);
  expect(second.attempts?.map(({ name, outcome }) => [name, outcome])).toEqual([
    ['a', 'skipped'],
    ['a', 'skipped'],
    ['b', 'answered'],
  ]);
  expect(limited.at.length).toBe(2);
});

test('a link that is passed over while it cools down uses up none of the calls of a request', async () => {
  const [down, shaky] = [failing('auth', { status: 401 }), failing('network', {}, 2)];
  const router = createRouter({ models: { a: down, b: shaky }, roles: { default: ['a', 'b'] }, maxAttempts: 3 });
  await ask(router, { model: 'a' });

  expect(story((await ask(router)) as ModelResponse)).toEqual([
    ['a', 'auth'],
    ['b', 'network'],
    ['b', 'network'],
    ['b', 'answered'],
  ]);
  expect(down.at.length).toBe(1);
});

test('a table that ends a request at a code ends it at a link that cools down as well, and at one that does not suit it', async () => {
  const [a, b] = [failing('auth', { status: 401 }), answering()];
  const models = { a: [{ model: a, tags: ['paid'] }], b };
  const strict = (code: ModelErrorCode): Router =>
    createRouter({ models, roles: { default: ['a', 'b'] }, remedies: { [code]: 'fail' }, cooldown: { cooldownMs: 60_000 } });
  const [noWait, noStranger] = [strict('rate_limited'), strict('not_found')];
  for (const router of [noWait, noStranger]) await ask(router, { labels: { tags: ['paid'] } });

  const refused = [await ask(noWait, { labels: { tags: ['paid'] } }), await ask(noStranger, { labels: { tags: ['free'] } })];

  expect(refused).toMatchObject([{ code: 'rate_limited' }, { code: 'not_found' }]);
});

test('when every link is cooling down for long, the error tells of each, and when the first is back', async () => {
  const [a, b] = [failing('auth', { status: 401 }), failing('not_found', { status: 404 })];
  const router = createRouter({ models: { a, b }, roles: { default: ['a', 'b'] }, cooldown: { cooldownMs: 60_000 } });
  await ask(router);

  const error = (await ask(router)) as RouteError;

  expect([a, b].map(({ at }) => at.length)).toEqual([1, 1]);
  expect(error.attempts.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped']);
  expect(error.errors.map(({ code, unasked }) => [code, unasked])).toEqual([
    ['rate_limited', true],
    ['rate_limited', true],
  ]);
  expect(error.retryAfterMs).toBe(60_000);
  expect(error.message).toContain('1. a: skipped, auth: a is cooling down for 60.0 s after auth');
});

test('an outage is not multiplied: past the budget each request makes one call', async () => {
  const down = failing('overloaded');
  const router = single(down, { cooldown: false });

  const requests = Array.from({ length: 400 }, () => router({ messages }).catch(() => undefined));
  await vi.runAllTimersAsync();
  await Promise.all(requests);

  expect(down.at.length).toBe(400 + 100); // the bucket is the tighter bound: 500 tokens, 5 each
});

test('a budget can be left off', async () => {
  const down = failing('overloaded');
  const router = single(down, { cooldown: false, retry: { budget: false } });

  const requests = Array.from({ length: 400 }, () => router({ messages }).catch(() => undefined));
  await vi.runAllTimersAsync();
  await Promise.all(requests);

  expect(down.at.length).toBe(1_200);
});

test('retries leave every link not yet asked its call', async () => {
  const [a, b, c, d] = [failing('network'), failing('network'), failing('network'), failing('network')];
  const router = createRouter({ models: { a, b, c, d }, roles: { default: ['a', 'b', 'c', 'd'] }, retry: { retries: 5 } });

  const error = (await ask(router)) as RouteError;

  expect([a, b, c, d].map(({ at }) => at.length)).toEqual([3, 1, 1, 1]);
  expect(error.attempts.length).toBe(6);
});

test('a chain longer than the cap is asked to its end', async () => {
  const models = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`m${n}`, failing('network')]));
  const router = createRouter({ models, roles: { default: Object.keys(models) } });

  expect(((await ask(router)) as RouteError).attempts.length).toBe(9);
  expect(
    ((await ask(createRouter({ models, roles: { default: Object.keys(models) }, maxAttempts: false }))) as RouteError).attempts
      .length,
  ).toBe(27);
});
