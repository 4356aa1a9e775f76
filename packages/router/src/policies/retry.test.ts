import type { Attempt, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import * as fc from 'fast-check';
import { AbortError } from 'p-retry';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError, type ModelErrorCode, remedies } from '../errors.ts';
import { backOffMs } from './back-off.ts';
import { Repetition, type RetryPolicy } from './repetition.ts';
import { retry, type RetryOptions } from './retry.ts';

await import('p-retry'); // which retries load when they are needed: a test's own clock does not wait for that

const request = { role: 'writer', messages: [] };
const answer: ModelResponse = { model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };
const failure = (code: ModelErrorCode, retryAfterMs?: number): ModelError => new ModelError(code, { model: 'a/b', retryAfterMs });

/** The times, in milliseconds from now, at which the model is called. */
async function callTimes(errors: readonly Error[], options?: RetryOptions): Promise<readonly number[]> {
  const start = Date.now();
  const times: number[] = [];
  const queue = [...errors];
  const model: Model = async () => {
    times.push(Date.now() - start);
    const error = queue.shift();
    if (error) throw error;
    return answer;
  };
  const asked = retry(options)(model)(request).catch(() => undefined);
  await vi.runAllTimersAsync();
  await asked;
  return times;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('an answer at the first call is passed on as it is', async () => {
  const model = vi.fn<Model>().mockResolvedValue(answer);

  await expect(retry()(model)(request)).resolves.toBe(answer);
  expect(model).toHaveBeenCalledExactlyOnceWith(request);
});

test('a call that failed for a passing reason is repeated until it answers', async () => {
  const model = vi
    .fn<Model>()
    .mockRejectedValueOnce(failure('network'))
    .mockRejectedValueOnce(failure('stream_cut'))
    .mockResolvedValue(answer);

  const asked = retry()(model)(request);
  await vi.runAllTimersAsync();

  await expect(asked).resolves.toBe(answer);
  expect(model).toHaveBeenCalledTimes(3);
});

test.each([
  [undefined, 3],
  [0, 1],
  [3, 4],
])('with retries: %s a model that always fails is called %i times, and the last error comes out', async (retries, calls) => {
  const errors = Array.from({ length: 5 }, () => failure('network'));
  const model = vi.fn<Model>();
  for (const error of errors) model.mockRejectedValueOnce(error);

  const asked = retry({ retries })(model)(request).catch((error: unknown) => error);
  await vi.runAllTimersAsync();

  await expect(asked).resolves.toBe(errors[calls - 1]);
  expect(model).toHaveBeenCalledTimes(calls);
});

test('with no retries it is the model itself', () => {
  const model = vi.fn<Model>();

  expect(retry({ retries: 0 })(model)).toBe(model);
});

test('the answer carries the attempts that failed before it', async () => {
  const attempt: Attempt = { id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 0, outcome: 'failed' };
  const model = vi
    .fn<Model>()
    .mockRejectedValueOnce(Object.assign(failure('network'), { attempts: [attempt] }))
    .mockResolvedValue({ ...answer, attempts: [{ ...attempt, id: '2', outcome: 'answered' }] });

  const asked = retry()(model)(request);
  await vi.runAllTimersAsync();

  expect((await asked).attempts?.map(({ id }) => id)).toEqual(['1', '2']);
});

test.each(Object.entries(remedies).filter(([, remedy]) => remedy !== 'repeat'))('%s (%s) is not repeated', async (code) => {
  const error = failure(code as ModelErrorCode);
  const model = vi.fn<Model>().mockRejectedValue(error);

  await expect(retry()(model)(request)).rejects.toBe(error);
  expect(model).toHaveBeenCalledTimes(1);
});

test('an answer that has begun to stream is never asked for again', async () => {
  const cut = new ModelError('stream_cut', { model: 'a/b', committed: true });
  const model = vi.fn<Model>().mockRejectedValue(cut);

  await expect(retry()(model)(request)).rejects.toBe(cut);
  expect(model).toHaveBeenCalledTimes(1);
});

const foreign: readonly (readonly [string, unknown])[] = [
  ['a TypeError', new TypeError('x is not a function')],
  ['a TypeError that looks like a network error', new TypeError('fetch failed')],
  ["p-retry's own AbortError", new AbortError('stop')],
  ['a string', 'boom'],
  ['nothing', undefined],
];
test.each(foreign)('%s comes through untouched, at the first call and at a later one', async (_, thrown) => {
  const atOnce = vi.fn<Model>().mockRejectedValue(thrown);
  const later = vi.fn<Model>().mockRejectedValueOnce(failure('network')).mockRejectedValue(thrown);

  const outcomes = Promise.allSettled([retry()(atOnce)(request), retry()(later)(request)]);
  await vi.runAllTimersAsync();

  for (const outcome of await outcomes) expect(outcome).toEqual({ status: 'rejected', reason: thrown });
  const [first, second] = (await outcomes) as readonly PromiseRejectedResult[];
  expect(first?.reason).toBe(thrown);
  expect(second?.reason).toBe(thrown);
  expect([atOnce.mock.calls.length, later.mock.calls.length]).toEqual([1, 2]);
});

test('a model that throws before it returns a promise is treated alike', async () => {
  const model = vi
    .fn<Model>()
    .mockImplementationOnce(() => {
      throw failure('network');
    })
    .mockResolvedValue(answer);

  const asked = retry()(model)(request);
  await vi.runAllTimersAsync();

  await expect(asked).resolves.toBe(answer);
});

test('the wait doubles its bound with each retry, up to the cap', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const errors = Array.from({ length: 5 }, () => failure('network'));

  await expect(callTimes(errors, { retries: 5, baseDelayMs: 100, maxDelayMs: 500 })).resolves.toEqual([
    0, 50, 150, 350, 600, 850,
  ]);
});

test('a throttled backend is given more time', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);

  await expect(callTimes([failure('network')])).resolves.toEqual([0, 125]);
  await expect(callTimes([failure('rate_limited')])).resolves.toEqual([0, 500]);
  await expect(callTimes([failure('overloaded')])).resolves.toEqual([0, 500]);
});

test('the wait before a retry follows the error right before it, not the first one', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const errors = [failure('rate_limited', 3_000), failure('rate_limited', 1_000)];

  await expect(callTimes(errors)).resolves.toEqual([0, 3_000, 4_000]);
});

test('a provider that asks for a longer wait than the cap is given up on at once', async () => {
  const error = failure('rate_limited', 8_001);
  const model = vi.fn<Model>().mockRejectedValue(error);

  await expect(retry()(model)(request)).rejects.toBe(error);
  expect(model).toHaveBeenCalledTimes(1);
});

const limits = fc.record({
  baseDelayMs: fc.nat(10_000),
  throttledBaseDelayMs: fc.nat(10_000),
  maxDelayMs: fc.nat(20_000),
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const codes = fc.constantFrom<ModelErrorCode>('network', 'rate_limited', 'overloaded');

test('property: a back-off lies between 0 and the cap, and covers that range', () => {
  fc.assert(
    fc.property(limits, codes, fc.nat(1_000), random, (options, code, retriesMade, luck) => {
      vi.spyOn(Math, 'random').mockReturnValue(luck);
      const base = code === 'network' ? options.baseDelayMs : options.throttledBaseDelayMs;

      const wait = backOffMs(failure(code), retriesMade, options);

      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(options.maxDelayMs);
      expect(wait).toBeCloseTo(luck * Math.min(options.maxDelayMs, base * 2 ** retriesMade), 6);
    }),
  );
});

test('property: nobody is asked sooner than the provider said, nor much later', () => {
  fc.assert(
    fc.property(
      limits,
      codes,
      fc.nat(10),
      random,
      fc.integer({ min: 1, max: 20_000 }),
      (options, code, retriesMade, luck, asked) => {
        vi.spyOn(Math, 'random').mockReturnValue(luck);

        const wait = backOffMs(failure(code, asked), retriesMade, options);

        expect(wait).toBeGreaterThanOrEqual(asked);
        expect(wait).toBeLessThanOrEqual(asked + options.baseDelayMs);
      },
    ),
  );
});

test.each([0, -5_000])('a Retry-After of %i ms, in the past, leaves it to the back-off', (retryAfterMs) => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);

  expect(
    backOffMs(failure('network', retryAfterMs), 1, {
      baseDelayMs: 250,
      throttledBaseDelayMs: 1_000,
      maxDelayMs: 8_000,
    }),
  ).toBe(250);
});

test('an abort ends the wait at once, keeps what was tried, and leaves no timer or listener', async () => {
  const controller = new AbortController();
  const added = vi.spyOn(controller.signal, 'addEventListener');
  const removed = vi.spyOn(controller.signal, 'removeEventListener');
  const attempt = { id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 0, outcome: 'failed' } as const;
  const model = vi.fn<Model>().mockRejectedValue(Object.assign(failure('rate_limited', 5_000), { attempts: [attempt] }));

  const asked = retry()(model)({ ...request, signal: controller.signal }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(1_000);
  controller.abort('enough');

  await expect(asked).resolves.toMatchObject({ code: 'aborted', model: 'a/b', cause: 'enough', attempts: [attempt] });
  expect(model).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
  expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
});

test('keeps the id and the check of the model', () => {
  const { id, check } = retry()(Object.assign(async () => answer, { id: 'a/b', check: () => 'no such role' }));

  expect([id, check?.({})]).toEqual(['a/b', 'no such role']);
});

test.each([
  [{ retries: 1.5 }, 'retry: retries is 1.5; it must be a whole number of at least 0.'],
  [{ retries: Infinity }, 'retry: retries is Infinity; it must be a whole number of at least 0.'],
  [{ maxDelayMs: -1 }, 'retry: maxDelayMs is -1; it must be a finite number of at least 0.'],
  [{ baseDelayMs: NaN }, 'retry: baseDelayMs is NaN; it must be a finite number of at least 0.'],
  [{ throttledBaseDelayMs: '1s' }, 'retry: throttledBaseDelayMs is "1s"; it must be a finite number of at least 0.'],
  [
    { retrys: 2 },
    'retry has no option "retrys"; it has: retries, baseDelayMs, throttledBaseDelayMs, maxDelayMs, perCode, budget. Did you mean "retries"?',
  ],
])('%j is refused', (options, message) => {
  expect(() => retry(options as RetryOptions)).toThrow(new TypeError(message));
});

test('a call whose time is up is not repeated, though a peer is free', async () => {
  const model = Object.assign(vi.fn<Model>().mockRejectedValue(failure('network')), { hasPeer: () => true });
  const now = performance.now();
  const plan = { deadlineAt: now + 9, linkDeadlineAt: now, attemptsLeft: 5, linksLeft: 1, asked: new Set<string>() };

  await expect(retry()(model)({ ...request, plan } as ModelRequest)).rejects.toThrow('network');

  expect(model).toHaveBeenCalledTimes(1);
});

test('a call whose time is up before p-retry is loaded ends with its own error', async () => {
  const error = failure('network');
  const policy: RetryPolicy = {
    limits: { retries: 2, baseDelayMs: 1, throttledBaseDelayMs: 1, maxDelayMs: 1 },
    perCode: {},
    remedies,
    budget: undefined,
    retriesOf: undefined,
    pRetry: () => Promise.resolve(undefined),
  };

  await expect(new Repetition(vi.fn<Model>(), request, policy).after(error)).rejects.toBe(error);
});

test('a wait that ends after the time of the link leads to no call: the failure before it comes out, told once', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.8);
  const attempt = { id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 1, outcome: 'failed' };
  const error = Object.assign(failure('network'), { attempts: [attempt] });
  const model = vi.fn<Model>().mockRejectedValue(error);
  const linkDeadlineAt = performance.now() + 100.5;
  const plan = { deadlineAt: linkDeadlineAt, linkDeadlineAt, attemptsLeft: 5, linksLeft: 0, asked: new Set<string>() };

  const asked = retry({ baseDelayMs: 125.5 })(model)({ ...request, plan } as ModelRequest).catch((thrown: unknown) => thrown);
  await vi.runAllTimersAsync(); // 100.4 ms become 101

  expect(await asked).toBe(error);
  expect(error.attempts).toEqual([attempt]);
  expect(model).toHaveBeenCalledTimes(1);
});
