/** What a router puts on record: every attempt, in order, with its waits, and none of another request. */
import type { Attempt, Middleware, Model, ModelResponse } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError, type ModelErrorCode, RouteError } from './errors.ts';
import { createRouter } from './router.ts';

await import('p-retry'); // which retries load when they are needed: a test's own clock does not wait for that

const messages = [] as const;
const answer: ModelResponse = { model: 'stub/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };
const fails = (code: ModelErrorCode, facts: { status?: number; retryAfterMs?: number; reason?: string } = {}): Model => {
  return () => Promise.reject(new ModelError(code, { model: 'stub/a', ...facts }));
};
const tags = (request: { labels?: { workflow?: string | undefined } | undefined }): string => request.labels?.workflow ?? '';
const story = (attempts: readonly Attempt[] | undefined): unknown =>
  attempts?.map(({ name, outcome, code, waitMs }) => [name, outcome, code, waitMs]);

beforeEach(() => void vi.useFakeTimers({ now: 1_000 }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function settled<T>(asked: Promise<T>): Promise<T | Error> {
  const outcome = asked.catch((error: Error) => error);
  await vi.runAllTimersAsync();
  return await outcome;
}

test('retries, their waits, skipped links and the answer are one list in order', async () => {
  const router = createRouter({
    models: { off: fails('not_configured'), a: fails('rate_limited', { retryAfterMs: 2_000 }), b: async () => answer },
    roles: { writer: ['off', 'a', 'b'] },
    retry: { baseDelayMs: 0 },
  });

  const response = (await settled(router({ role: 'writer', messages }))) as ModelResponse;

  expect(story(response.attempts)).toEqual([
    ['off', 'skipped', 'not_configured', 0],
    ['a', 'failed', 'rate_limited', 0],
    ['a', 'failed', 'rate_limited', 2_000],
    ['a', 'failed', 'rate_limited', 2_000],
    ['b', 'answered', undefined, 0],
  ]);
  expect(response.attempts?.map(({ startedAt }) => startedAt)).toEqual([1_000, 1_000, 3_000, 5_000, 5_000]);
  expect(new Set(response.attempts?.map(({ id }) => id)).size).toBe(5);
});

test('when every backend is down the error tells the same story, in words too', async () => {
  const router = createRouter({
    models: {
      'groq-fast': fails('rate_limited', { status: 429, retryAfterMs: 2_000, reason: 'Slow down' }),
      'gpt-4': fails('not_configured', { reason: 'Set OPENAI_API_KEY.' }),
    },
    roles: { writer: ['groq-fast', 'gpt-4'] },
    retry: { retries: 1, baseDelayMs: 0 },
  });

  const thrown = await settled(router({ role: 'writer', messages }));

  expect(thrown).toBeInstanceOf(RouteError);
  expect(thrown).toMatchObject({ code: 'rate_limited', status: 429, role: 'writer', model: undefined, retryAfterMs: 2_000 });
  expect((thrown as RouteError).errors.map(({ code }) => code)).toEqual(['rate_limited', 'not_configured']);
  expect((thrown as RouteError).message).toBe(`Every backend failed for role "writer":
  1. groq-fast (stub/a): rate_limited, HTTP 429, took 0 ms: Slow down
  2. groq-fast (stub/a): rate_limited, HTTP 429, waited 2.0 s, took 0 ms: Slow down
  3. gpt-4 (stub/a): skipped, not_configured: Set OPENAI_API_KEY.`);
});

test('an error that ends the chain carries the retries and links before it', async () => {
  const invalid = vi
    .fn<Model>(fails('network'))
    .mockImplementationOnce(fails('network'))
    .mockImplementation(fails('invalid_request'));
  const router = createRouter({
    models: { a: fails('auth'), b: invalid },
    roles: { writer: ['a', 'b'] },
    retry: { baseDelayMs: 0 },
  });

  const thrown = (await settled(router({ role: 'writer', messages }))) as ModelError;

  expect(thrown.code).toBe('invalid_request');
  expect(story(thrown.attempts)).toEqual([
    ['a', 'failed', 'auth', 0],
    ['b', 'failed', 'network', 0],
    ['b', 'failed', 'invalid_request', expect.any(Number)],
  ]);
});

test('a Retry-After that is too long moves on to the next link at once', async () => {
  const a = vi.fn<Model>(fails('rate_limited', { retryAfterMs: 300_000 }));
  const router = createRouter({ models: { a, b: async () => answer }, roles: { writer: ['a', 'b'] } });

  await expect(router({ role: 'writer', messages })).resolves.toMatchObject({ text: 'hi' });
  expect(a).toHaveBeenCalledTimes(1);
});

test('an abort during a back-off rejects at once, with what was tried', async () => {
  const controller = new AbortController();
  const b = vi.fn<Model>();
  const router = createRouter({
    models: { a: fails('rate_limited', { retryAfterMs: 8_000 }), b },
    roles: { writer: ['a', 'b'] },
  });

  const asked = router({ role: 'writer', messages, signal: controller.signal }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(100);
  controller.abort();

  expect(await asked).toMatchObject({ name: 'ModelError', code: 'aborted', attempts: [{ name: 'a', code: 'rate_limited' }] });
  expect(b).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

test.each<[string, { links: ('first' | 'second')[]; abortedAtMs?: number }, ModelErrorCode]>([
  ['the deadline', { links: ['first'] }, 'deadline_exceeded'],
  ['its share of the time', { links: ['first', 'second'] }, 'attempt_timeout'],
  ['the caller', { links: ['first'], abortedAtMs: 50 }, 'aborted'],
])(
  '%s ends what routers within a router had asked, and its attempt is told',
  async (_, { links, abortedAtMs = Infinity }, code) => {
    const caller = new AbortController();
    if (abortedAtMs < Infinity) setTimeout(() => caller.abort(), abortedAtMs);
    const deaf: Model = Object.assign(() => new Promise<never>(() => {}), { id: 'stub/deaf' });
    const inner = createRouter({ models: { deaf }, roles: { default: 'deaf' } }).role('default');
    const first = createRouter({ models: { inner }, roles: { default: 'inner' } }).role('default');
    const second: Model = Object.assign(async () => answer, { id: 'stub/b' });
    const outer = createRouter({ models: { first, second }, roles: { default: links }, deadlineMs: 200 });

    const ended = (await settled(outer({ messages, signal: caller.signal }))) as { readonly attempts?: readonly Attempt[] };

    expect(ended.attempts?.[0]).toMatchObject({ name: 'deaf', model: 'stub/deaf', code, possiblyBilled: true });
    expect(ended.attempts).toHaveLength(links.length);
  },
);

test('onAttempt hears of each attempt when it is over, not when the request is', async () => {
  const heard: unknown[] = [];
  const router = createRouter({
    models: { a: fails('network', { retryAfterMs: 500 }), b: async () => answer },
    roles: { writer: ['a', 'b'] },
    retry: { retries: 1 },
    onAttempt: ({ name, code }, { role, model, labels }) => heard.push([name, code, role, model, labels?.task]),
  });

  const asked = router({ role: 'writer', labels: { task: 'draft' }, messages });
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual([['a', 'network', 'writer', 'a', 'draft']]);
  await vi.runAllTimersAsync();
  await asked;

  expect(heard.slice(1)).toEqual([
    ['a', 'network', 'writer', 'a', 'draft'],
    ['b', undefined, 'writer', 'b', 'draft'],
  ]);
});

test('an onAttempt that throws changes no answer', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const router = createRouter({
    models: { a: fails('auth'), b: async () => answer },
    roles: { writer: ['a', 'b'] },
    onAttempt: () => {
      throw new Error('log is full');
    },
  });

  await expect(router({ role: 'writer', messages })).resolves.toMatchObject({ text: 'hi' });
  expect(warn).toHaveBeenCalledTimes(1);
});

test('a tracker in wrap gives each attempt its id and its cost', async () => {
  let rows = 0;
  const tracker: Middleware = (next) => async (request) => {
    const row = (outcome: Attempt['outcome']): Attempt => {
      return {
        id: `row-${++rows}`,
        name: request.model,
        model: 'stub/x',
        startedAt: 0,
        waitMs: 0,
        durationMs: 1,
        outcome,
        costUsd: 0.1,
      };
    };
    try {
      return { ...(await next(request)), attempts: [row('answered')] };
    } catch (error) {
      throw Object.assign(error as ModelError, { attempts: [row('failed')] });
    }
  };
  const router = createRouter({
    models: { a: fails('network'), b: async () => answer },
    roles: { writer: ['a', 'b'] },
    wrap: [tracker],
  });

  const response = (await settled(router({ role: 'writer', messages }))) as ModelResponse;

  expect(response.attempts?.map(({ id, name, costUsd }) => [id, name, costUsd])).toEqual([
    ['row-1', 'a', 0.1],
    ['row-2', 'a', 0.1],
    ['row-3', 'a', 0.1],
    ['row-4', 'b', 0.1],
  ]);
  expect(response.attempts?.[1]?.waitMs).toBeGreaterThan(0);
});

test('three hundred requests at once do not mix their attempts', async () => {
  const shared = new ModelError('network', { model: 'stub/a' }); // one error object for all of them
  const heard = new Map<string, string[]>();
  const flaky: Model = async (request) => {
    await new Promise((resolve) => void setTimeout(resolve, Math.random() * 50));
    if (Number(tags(request)) % 3 === 0) throw shared;
    return { ...answer, text: tags(request) };
  };
  const router = createRouter({
    models: { a: fails('auth'), b: flaky, c: async (request) => ({ ...answer, text: tags(request) }) },
    roles: { writer: ['a', 'b', 'c'] },
    retry: { budget: false },
    cooldown: false,
    onAttempt: ({ id }, request) => heard.set(tags(request), [...(heard.get(tags(request)) ?? []), id]),
  });

  const asked = Promise.all(
    Array.from({ length: 300 }, (_, n) => router({ role: 'writer', labels: { workflow: `${n}` }, messages })),
  );
  await vi.runAllTimersAsync();
  const responses = await asked;

  const ids = responses.map(({ attempts = [] }) => attempts.map(({ id }) => id));
  expect(ids).toEqual(responses.map((_, n) => heard.get(`${n}`)));
  expect(responses.map(({ text }) => text)).toEqual(responses.map((_, n) => `${n}`));
  expect(responses.map(({ attempts }) => attempts?.length)).toEqual(responses.map((_, n) => (n % 3 === 0 ? 5 : 2)));
  expect(new Set(ids.flat()).size).toBe(ids.flat().length);
  expect(shared.attempts).toBeUndefined();
});
