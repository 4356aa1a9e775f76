/** Behaviours 13 to 28: when a deployment is left alone, for how long, and how it comes back. The clock moves only when told to. */
import { startSimulator, type Fault } from '@rolecall/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { anthropic } from '../adapters/anthropic.ts';
import { groq } from '../adapters/groq.ts';
import { openai } from '../adapters/openai.ts';
import type { ModelError, RouteError } from '../errors.ts';
import type { RouterOptions } from '../options.ts';
import { createRouter, type Router } from '../router.ts';

await import('p-retry'); // which retries load when they are needed: a test's own clock does not wait for that

const simulator = await startSimulator();
const { urls } = simulator;
const messages = [{ role: 'user', content: 'Go.' }] as const;
const apiKey = 'test';
const gpt = openai('gpt-4o', { apiKey, baseURL: urls.openai });
const claude = anthropic('claude-sonnet-5-5', { apiKey, baseURL: urls.anthropic });
const llama = groq('llama-3.3-70b-versatile', { apiKey, baseURL: urls.groq });

/** `gpt` takes everything while it may be asked, `llama` the rest. */
const pair = [
  { id: 'first', model: gpt, order: 1 },
  { id: 'second', model: llama, order: 2 },
] as const;

vi.setConfig({ testTimeout: 60_000 }); // a busy machine
afterAll(() => simulator.close());
beforeAll(async () => {
  for (const model of [gpt, claude, llama]) await model({ messages }); // the SDKs are loaded: no short time-out ends in that
});
beforeEach(() => simulator.reset());
afterEach(() => void vi.useRealTimers());

/** Sockets and their timers stay real. */
const stopClock = (): void => void vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 0 });
const pass = (ms: number): void => void vi.advanceTimersByTime(ms);

function group(options: Partial<RouterOptions> = {}): Router {
  return createRouter({ models: { group: pair }, roles: { default: 'group' }, retry: false, ...options });
}
const fails = (model: string, status: number, times = 1, headers: Readonly<Record<string, string>> = {}): Fault => ({
  model,
  kind: 'status',
  status,
  times,
  headers,
});
const failure = (router: Router, request: object = {}): Promise<RouteError | ModelError> =>
  router({ messages, ...request }).then(
    ({ text }) => expect.unreachable(`it answered: ${text}`),
    (error: RouteError | ModelError) => error,
  );
const asked = (model: string): number => simulator.requests.filter((request) => request.model === model).length;
const stateOf = (router: Router, id: string): string | undefined => router.health().find((one) => one.id === id)?.state;

/** How many of so many further requests reach each of the pair. Whether they are answered is another matter. */
async function shares(router: Router, count: number): Promise<readonly [number, number]> {
  const before = [asked('gpt-4o'), asked('llama-3.3-70b-versatile')] as const;
  for (let index = 0; index < count; index++) await router({ messages }).catch(() => undefined);
  return [asked('gpt-4o') - before[0], asked('llama-3.3-70b-versatile') - before[1]];
}

/** How many of one request each reach the first of the pair, so many milliseconds after it was refused. */
async function untilAskedAgain(
  router: Router,
  headers: Readonly<Record<string, string>>,
  times: readonly number[],
): Promise<readonly number[]> {
  simulator.fault(fails('gpt-4o', 429, 1, headers));
  await failure(router);
  const start = Date.now();
  const seen: number[] = [];
  for (const ms of times) {
    pass(start + ms - Date.now());
    seen.push((await shares(router, 1))[0]);
  }
  return seen;
}

test('13. in a group of two, one 429 sends every request of the next cooldown to the other', async () => {
  stopClock();
  const router = group({ cooldown: { cooldownMs: 5_000 }, retry: {} });
  simulator.fault(fails('gpt-4o', 429));

  await router({ messages });
  const atFirst = await shares(router, 20);
  pass(4_999);

  expect(atFirst).toEqual([0, 20]);
  expect(await shares(router, 20)).toEqual([0, 20]);
  expect([asked('gpt-4o'), asked('llama-3.3-70b-versatile')]).toEqual([1, 41]);
});

test('14. a group of one is not left alone after one 429: the next request reaches it', async () => {
  const router = createRouter({ models: { gpt }, retry: false });
  simulator.fault(fails('gpt-4o', 429));

  await failure(router, { model: 'gpt' });
  await router({ model: 'gpt', messages });

  expect(asked('gpt-4o')).toBe(2);
});

test('15. a 401 in a group of two leaves that deployment alone at once', async () => {
  stopClock();
  const router = group();
  simulator.fault(fails('gpt-4o', 401));

  await failure(router);

  expect(await shares(router, 10)).toEqual([0, 10]);
});

test('16. a 400 counts against nobody, even fifty in a row', async () => {
  const router = group();
  simulator.fault(fails('gpt-4o', 400, 50));

  for (let index = 0; index < 50; index++) expect(await failure(router)).toMatchObject({ code: 'invalid_request', status: 400 });

  expect(stateOf(router, 'first')).toBe('closed');
  expect(await shares(router, 5)).toEqual([5, 0]);
});

test('17. with 500s, three failures in four requests leave a deployment in place, three in five do not', async () => {
  stopClock();
  const [ofFour, ofFive] = [group(), group()];

  await shares(ofFour, 1);
  simulator.fault(fails('gpt-4o', 500, 3));
  expect(await shares(ofFour, 3)).toEqual([3, 0]);
  expect(await shares(ofFour, 1)).toEqual([1, 0]);

  await shares(ofFive, 2);
  simulator.fault(fails('gpt-4o', 500, 3));
  expect(await shares(ofFive, 3)).toEqual([3, 0]);
  expect(await shares(ofFive, 10)).toEqual([0, 10]);
});

test('18. where three failures are allowed, three leave the deployment in place and the fourth does not', async () => {
  stopClock();
  const router = group({ cooldown: { allowedFails: 3 } });
  simulator.fault(fails('gpt-4o', 500, 4));

  expect(await shares(router, 3)).toEqual([3, 0]);
  expect(stateOf(router, 'first')).toBe('closed');
  expect(await shares(router, 1)).toEqual([1, 0]);
  expect(await shares(router, 5)).toEqual([0, 5]);
});

test('19. failures allowed by kind are counted apart: two time-outs and two 429s do not add up to four', async () => {
  const cooldown = { allowedFailsPerCode: { attempt_timeout: 3, rate_limited: 3 } };
  const router = group({ cooldown, timeout: { attemptMs: 500 } });
  simulator.fault({ model: 'gpt-4o', kind: 'silence', times: 2 });
  simulator.fault(fails('gpt-4o', 429, 4));

  expect([(await failure(router)).code, (await failure(router)).code]).toEqual(['attempt_timeout', 'attempt_timeout']);
  expect([(await failure(router)).code, (await failure(router)).code]).toEqual(['rate_limited', 'rate_limited']);
  expect(stateOf(router, 'first')).toBe('closed');
  expect(await shares(router, 2)).toEqual([2, 0]);
  expect(stateOf(router, 'first')).toBe('open');
});

test('20. a deployment’s own number of allowed failures beats the router’s', async () => {
  stopClock();
  const models = { own: [{ model: gpt, cooldown: { allowedFails: 1 } }], usual: [{ model: llama }] };
  const router = createRouter({ models, retry: false, cooldown: { allowedFails: 3 } });
  simulator.fault(fails('gpt-4o', 500, Infinity));
  simulator.fault(fails('llama-3.3-70b-versatile', 500, Infinity));
  const statesAfter = async (failures: number): Promise<readonly unknown[]> => {
    for (let index = 0; index < failures; index++)
      for (const model of ['own', 'usual'] as const) await failure(router, { model });
    return [stateOf(router, 'own'), stateOf(router, 'usual')];
  };

  expect(await statesAfter(1)).toEqual(['closed', 'closed']);
  expect(await statesAfter(1)).toEqual(['open', 'closed']);
  expect(await statesAfter(1)).toEqual(['open', 'closed']);
  expect(await statesAfter(1)).toEqual(['open', 'open']);
});

test('21. past its cooldown a deployment is chosen again, and is not reported as cooling down', async () => {
  stopClock();
  const router = group({ cooldown: { cooldownMs: 5_000 } });
  simulator.fault(fails('gpt-4o', 429));
  await failure(router);
  expect(stateOf(router, 'first')).toBe('open');
  expect(router.explain({}).text).toContain('first is cooling down for 5.0 s after rate_limited');

  pass(5_000);

  expect(stateOf(router, 'first')).not.toBe('open');
  expect(router.explain({}).text).not.toContain('cooling down');
  expect(await shares(router, 5)).toEqual([5, 0]);
  expect(router.health().map(({ state, openUntil }) => [state, openUntil])).toEqual([
    ['closed', undefined],
    ['closed', undefined],
  ]);
});

test('22. a deployment’s own cooldown beats the provider’s Retry-After, which beats the router’s', async () => {
  stopClock();
  const own = [{ ...pair[0], cooldown: { cooldownMs: 2_000 } }, pair[1]] as const;
  const cooldown = { baseMs: 1_000 };
  const retryAfter = { 'retry-after': '10' };

  expect(await untilAskedAgain(group({ cooldown, models: { group: own } }), retryAfter, [1_999, 2_000])).toEqual([0, 1]);
  expect(await untilAskedAgain(group({ cooldown }), retryAfter, [1_500, 9_999, 10_000])).toEqual([0, 0, 1]);
  expect(await untilAskedAgain(group({ cooldown }), {}, [799, 1_200])).toEqual([0, 1]);
});

test('23. a longer second deadline extends a cooldown, and a shorter one never shortens it', async () => {
  for (const deadlines of [
    [10, 30],
    [30, 10],
  ]) {
    stopClock();
    simulator.reset();
    const router = group();
    for (const seconds of deadlines) simulator.fault(fails('gpt-4o', 429, 1, { 'retry-after': `${seconds}` }));

    await Promise.all([failure(router), failure(router)]); // both were under way before either failed
    expect(asked('gpt-4o')).toBe(2);

    pass(29_999);
    expect(await shares(router, 5)).toEqual([0, 5]);
    pass(1);
    expect(await shares(router, 5)).toEqual([5, 0]);
    vi.useRealTimers();
  }
});

test('24. every deployment that fails within one request is left alone, not just one of them', async () => {
  stopClock();
  const three = [...pair, { id: 'third', model: claude, order: 3 }];
  const router = group({ models: { group: three }, retry: { retries: 2 } });
  simulator.fault(fails('gpt-4o', 429));
  simulator.fault(fails('llama-3.3-70b-versatile', 401));

  const { attempts } = await router({ messages });

  expect(attempts?.map(({ deployment, status }) => [deployment, status])).toEqual([
    ['first', 429],
    ['second', 401],
    ['third', undefined],
  ]);
  expect(router.health().map(({ state }) => state)).toEqual(['open', 'open', 'closed']);
  expect(await shares(router, 10)).toEqual([0, 0]);
  expect(asked('claude-sonnet-5-5')).toBe(11);
});

test('25. with cooldowns switched off nobody is ever left alone', async () => {
  const router = group({ cooldown: false });
  for (const status of [401, 404, 429, 500, 503]) simulator.fault(fails('gpt-4o', status, 10));

  expect(await shares(router, 50)).toEqual([50, 0]);
  expect(await shares(router, 5)).toEqual([5, 0]);
});

test('26. when all are cooling down the error is a 429 that says for how long, and always carries the time to wait', async () => {
  stopClock();
  const router = group();
  simulator.fault(fails('gpt-4o', 429));
  simulator.fault(fails('llama-3.3-70b-versatile', 429));
  expect(await shares(router, 2)).toEqual([1, 1]);

  const error = await failure(router);

  expect(simulator.requests).toHaveLength(2);
  expect(error).toMatchObject({ code: 'rate_limited', status: 429 });
  expect((error.cause as Error).message).toMatch(/every deployment of "group" is cooling down; try again in \d\.\d s/);
  expect(error.retryAfterMs).toBeGreaterThanOrEqual(4_000);
  expect(error.retryAfterMs).toBeLessThanOrEqual(6_000);
});

test('27. a time-out that the caller made short leaves nobody alone', async () => {
  const router = group();
  simulator.fault({ model: 'gpt-4o', kind: 'silence', times: 8 });

  for (let index = 0; index < 8; index++) expect((await failure(router, { deadlineMs: 250 })).code).toBe('deadline_exceeded');
  expect(asked('gpt-4o')).toBe(8);

  expect(stateOf(router, 'first')).toBe('closed');
  expect(await shares(router, 5)).toEqual([5, 0]);
});

test('28. at the end of a cooldown one probe goes first, and the rest follow only when it succeeds', async () => {
  stopClock();
  const router = group({ cooldown: { baseMs: 1_000 } });
  simulator.fault(fails('gpt-4o', 429));
  simulator.fault(fails('gpt-4o', 500));
  simulator.fault({ model: 'gpt-4o', kind: 'slow', delayMs: 200 });
  const atOnce = async (): Promise<readonly unknown[]> => {
    const before = asked('gpt-4o');
    await Promise.all(Array.from({ length: 10 }, () => router({ messages }).catch(() => undefined)));
    return [asked('gpt-4o') - before, stateOf(router, 'first')];
  };
  await failure(router);

  pass(1_200);
  expect(await atOnce(), 'the probe fails').toEqual([1, 'open']);
  pass(1_599);
  expect(await atOnce(), 'left alone for twice as long').toEqual([0, 'open']);
  pass(801);
  expect(await atOnce(), 'the probe takes its time, and succeeds').toEqual([1, 'closed']);
  expect(await shares(router, 5)).toEqual([5, 0]);
});
