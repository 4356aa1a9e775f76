import type { Delta, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError } from '../errors.ts';
import type { PlannedRequest } from '../plan.ts';
import { shadow, type ShadowOptions, type ShadowResult } from './shadow.ts';

const answer: ModelResponse = { model: 'a/b', text: 'answer', toolCalls: [], finishReason: 'stop', usage: {} };
const copied: ModelResponse = { ...answer, model: 'c/d', text: 'copy' };
const request: ModelRequest = { messages: [{ role: 'user', content: 'Hello' }] };
const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

function setUp(options: Partial<ShadowOptions> = {}) {
  const results: ShadowResult[] = [];
  const copyTo = vi.fn<Model>(async () => copied);
  const next = vi.fn<Model>(async () => answer);
  const model = shadow({ model: copyTo, onResult: (result) => void results.push(result), ...options })(next);
  return { copyTo, next, model, results };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('a copy is sent, and its result told beside the answer', async () => {
  const { copyTo, model, results } = setUp();
  copyTo.mockImplementation(async () => {
    await after(70);
    return copied;
  });
  const labels = { workflow: 'post-1', tags: ['beta'] };

  await expect(model({ ...request, labels })).resolves.toBe(answer);
  expect(results).toEqual([]);
  await vi.runAllTimersAsync();

  expect(results).toEqual([{ request: { ...request, labels }, answer, response: copied, durationMs: 70 }]);
  expect(copyTo.mock.calls[0]?.[0]).toMatchObject({ ...request, labels: { workflow: 'post-1', tags: ['beta', 'shadow'] } });
});

test('the answer neither waits for the copy nor fails with it', async () => {
  const { copyTo, model, results } = setUp();
  const error = new ModelError('auth', { model: 'c/d' });
  copyTo.mockImplementationOnce(() => new Promise(() => undefined)).mockRejectedValueOnce(error);
  copyTo.mockImplementationOnce(() => {
    throw error;
  });

  for (let index = 0; index < 3; index++) await expect(model(request)).resolves.toBe(answer);

  await vi.waitFor(() => expect(results).toHaveLength(2));
  expect(results).toMatchObject([
    { answer, error },
    { answer, error },
  ]);
});

test('the copy of a request that failed is told without an answer', async () => {
  const { next, model, results } = setUp();
  const error = new ModelError('auth', { model: 'a/b' });
  next.mockRejectedValueOnce(error);

  await expect(model(request)).rejects.toBe(error);
  await vi.runAllTimersAsync();

  expect(results).toMatchObject([{ answer: undefined, response: copied }]);
});

test('a copy has nothing of the caller: not its listener, its signal, nor its plan', async () => {
  const { copyTo, model, results } = setUp();
  const heard: Delta[] = [];
  const controller = new AbortController();
  copyTo.mockImplementationOnce(async ({ onDelta, signal }) => {
    await onDelta?.({ type: 'text', text: 'copy' });
    controller.abort();
    if (signal?.aborted) throw new Error('it was aborted with the request');
    return copied;
  });
  const plan = { deadlineAt: 0, linkDeadlineAt: 0, attemptsLeft: 1, linksLeft: 0, asked: new Set<string>() };
  const planned: PlannedRequest = {
    ...request,
    plan,
    waitedMs: 5,
    signal: controller.signal,
    onDelta: (delta) => void heard.push(delta),
  };

  await model(planned);
  await vi.runAllTimersAsync();

  expect(heard).toEqual([]);
  expect(results).toMatchObject([{ response: copied }]);
  expect(copyTo.mock.calls[0]?.[0]).not.toHaveProperty('plan');
  expect(copyTo.mock.calls[0]?.[0]).not.toHaveProperty('waitedMs');
});

test('a plain request has a plain copy', async () => {
  const { copyTo, model } = setUp();

  await model(request);

  expect(copyTo.mock.calls[0]?.[0].onDelta).toBeUndefined();
});

test('a copy that takes too long is ended, whether or not it heeds its signal, and makes room for others', async () => {
  const { copyTo, model, results } = setUp({ timeoutMs: 1_000, maxConcurrent: 1 });
  copyTo.mockImplementationOnce(() => new Promise(() => undefined));
  await model(request);
  await model(request);
  expect(copyTo).toHaveBeenCalledTimes(1);

  await vi.advanceTimersByTimeAsync(1_000);
  await model(request);

  expect(copyTo).toHaveBeenCalledTimes(2);
  expect(copyTo.mock.calls[0]?.[0].signal?.aborted).toBe(true);
  expect(results[0]).toMatchObject({ error: { code: 'attempt_timeout', reason: 'no answer within 1000 ms' }, durationMs: 1_000 });
});

test('no more than four copies are under way at the same time', async () => {
  const { copyTo, model } = setUp();
  copyTo.mockImplementation(() => new Promise(() => undefined));

  for (let index = 0; index < 10; index++) await model(request);

  expect(copyTo).toHaveBeenCalledTimes(4);
});

test('a share of the requests is copied', async () => {
  const { copyTo, model } = setUp({ share: 0.25 });
  const none = setUp({ share: 0 });

  for (let index = 0; index < 2_000; index++) await Promise.all([model(request), none.model(request)]);

  expect(copyTo.mock.calls.length).toBeGreaterThan(400);
  expect(copyTo.mock.calls.length).toBeLessThan(600);
  expect(none.copyTo).not.toHaveBeenCalled();
});

test('a request with wire is not copied', async () => {
  const { copyTo, model } = setUp();

  await model({ ...request, wire: { api: 'messages', body: {} } });

  expect(copyTo).not.toHaveBeenCalled();
});

test('what onResult throws is warned about, once', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const { model } = setUp({ onResult: () => Promise.reject(new Error('disk is full')) });

  await model(request);
  await model(request);
  await vi.runAllTimersAsync();

  expect(warn.mock.calls.map(([message]) => message)).toEqual(['onResult failed: Error: disk is full']);
});

test('no timer outlives the copy, and none keeps the process alive', async () => {
  const { copyTo, model } = setUp();
  await model(request);
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);

  vi.useRealTimers();
  const timers = vi.spyOn(globalThis, 'setTimeout');
  copyTo.mockImplementation(() => new Promise(() => undefined));
  await model(request);

  const [timer] = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
  expect(timer?.hasRef()).toBe(false);
});

const wrong: readonly (readonly [object, string])[] = [
  [{ model: undefined }, 'shadow: model is undefined; it must be a model.'],
  [{ model: 'gpt-4' }, 'shadow: model is "gpt-4"; it must be a function.'],
  [{ share: 2 }, 'shadow: share is 2; it must be a number from 0 to 1.'],
  [{ maxConcurrent: 0 }, 'shadow: maxConcurrent is 0; it must be'],
  [{ timeoutMs: -1 }, 'shadow: timeoutMs is -1; it must be'],
  [{ onResult: 'log' }, 'shadow: onResult is "log"; it must be a function.'],
  [{ timeout: 5 }, 'shadow has no option "timeout"'],
];
test.each(wrong)('%j is refused', (options, message) => {
  expect(() => setUp(options)).toThrow(message);
});
