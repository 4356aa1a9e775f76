import type { Delta, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { compose } from '../compose.ts';
import { ModelError } from '../errors.ts';
import { beginLink, type Plan, planned, type PlannedRequest } from '../plan.ts';
import { record } from '../record.ts';
import { cooldown, type CoolingModel } from './cooldown.ts';
import { timeout, type TimeoutOptions } from './timeout.ts';

const request = { role: 'writer', messages: [] };
const answer: ModelResponse = { model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };
const text = (words: string): Delta => ({ type: 'text', text: words });
const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const silent: Model = () => new Promise(() => undefined);
const streaming = { ...request, onDelta: () => undefined };
const mumbling: Model = async ({ onDelta }) => {
  await onDelta?.(text(''));
  return await new Promise(() => undefined);
};
const pausing: Model = async ({ onDelta }) => {
  await onDelta?.(text('Once'));
  await onDelta?.(text(' upon'));
  await after(60_000);
  return answer;
};
const relaying: Model = async ({ wire: given }) => {
  await after(10_000);
  await given?.onBytes?.(new Uint8Array(3));
  return await new Promise(() => undefined);
};
const listening: Model = ({ signal }) =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => {
      const { code, reason } = signal.reason as ModelError;
      reject(new ModelError(code, { model: 'a/b', reason, partialText: 'Once', usage: { inputTokens: 3 } }));
    });
  });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** What the call ends with, and after how long. */
async function outcome(
  model: Model,
  asked: PlannedRequest,
  options?: TimeoutOptions | false,
): Promise<{ ended: unknown; ms: number }> {
  const start = performance.now();
  let ms = NaN;
  const ended = timeout(options)(model)(asked)
    .catch((error: unknown) => error)
    .finally(() => (ms = performance.now() - start));
  await vi.advanceTimersByTimeAsync(3_600_000);
  return { ended: await ended, ms };
}

/** Says a word after each of these times. */
const saying =
  (...times: readonly number[]): Model =>
  async ({ onDelta }) => {
    for (const ms of times) {
      await after(ms);
      await onDelta?.(text('word'));
    }
    return answer;
  };

test.each([
  ['a plain answer that does not come', silent, request, 'attempt_timeout', 600_000, false],
  ['a stream that does not begin', silent, streaming, 'first_token_timeout', 30_000, false],
  ['a stream that begins with nothing', mumbling, streaming, 'first_token_timeout', 30_000, false],
  ['a stream that falls silent', saying(29_000, 19_000, 60_000), streaming, 'idle_timeout', 68_000, true],
  ['a stream that falls silent after its first piece', saying(1_000, 60_000), streaming, 'idle_timeout', 21_000, true],
] as const)('%s ends', async (_, model, asked, code, afterMs, committed) => {
  const { ended, ms } = await outcome(model, asked);

  expect(ended).toBeInstanceOf(ModelError);
  expect(ended).toMatchObject({ code, committed, possiblyBilled: true });
  expect(ms).toBe(afterMs);
  expect(vi.getTimerCount()).toBeLessThan(2); // the model's own, at most
});

test('a model that does not heed its caller leaving may be billed all the same', async () => {
  const controller = new AbortController();
  const ended = timeout()(silent)({ ...request, signal: controller.signal }).catch((error: unknown) => error);

  controller.abort();

  expect(await ended).toMatchObject({ code: 'aborted', possiblyBilled: true });
});

test('a stream that goes on is left alone, up to the limit of the attempt', async () => {
  const pieces = Array.from({ length: 200 }, () => 10_000);

  expect(await outcome(saying(...pieces.slice(0, 50)), streaming)).toEqual({ ended: answer, ms: 500_000 });
  expect(await outcome(saying(...pieces), streaming)).toMatchObject({
    ended: { code: 'attempt_timeout', committed: true },
    ms: 600_000,
  });
});

test('a plain answer has no first token to wait for', async () => {
  const slow: Model = async () => {
    await after(200_000);
    return answer;
  };

  expect(await outcome(slow, request)).toEqual({ ended: answer, ms: 200_000 });
});

test('the time in which a slow reader holds the stream is not the provider’s', async () => {
  const reading = { ...request, onDelta: () => after(500_000) };

  expect(await outcome(pausing, reading)).toMatchObject({ ended: { code: 'idle_timeout' }, ms: 1_020_000 });
});

test('relayed bytes count as the pieces of a stream', async () => {
  const wire = { api: 'messages', body: {}, onBytes: () => undefined };

  expect(await outcome(silent, { ...request, wire })).toMatchObject({ ended: { code: 'first_token_timeout' }, ms: 30_000 });
  expect(await outcome(relaying, { ...request, wire })).toMatchObject({ ended: { code: 'idle_timeout' }, ms: 30_000 });
});

test('a model that must be loaded first says how long its first token may take', async () => {
  let isLoaded = false;
  const local = Object.assign<Model, object>(silent, { firstTokenMs: () => (isLoaded ? undefined : 120_000) });

  expect(await outcome(local, streaming)).toMatchObject({ ms: 120_000 });
  isLoaded = true;
  expect(await outcome(local, streaming)).toMatchObject({ ms: 30_000 });
});

test('the model hears of it by its signal, and what it says then counts', async () => {
  const { ended } = await outcome(listening, request, { attemptMs: 1_000 });

  expect(ended).toMatchObject({
    code: 'attempt_timeout',
    reason: 'no answer within 1.0 s',
    partialText: 'Once',
    usage: { inputTokens: 3 },
  });
});

test('the caller’s abort reaches the model, and ends the call even if it does not listen', async () => {
  const controller = new AbortController();
  const seen: unknown[] = [];
  const deaf: Model = ({ signal }) => {
    signal?.addEventListener('abort', () => seen.push(signal.reason));
    return new Promise(() => undefined);
  };
  const added = vi.spyOn(controller.signal, 'addEventListener');
  const removed = vi.spyOn(controller.signal, 'removeEventListener');

  const ended = timeout()(deaf)({ ...request, signal: controller.signal }).catch((error: unknown) => error);
  controller.abort('enough');
  await vi.advanceTimersByTimeAsync(0);

  expect(await ended).toMatchObject({ code: 'aborted', cause: 'enough' });
  expect(seen).toEqual(['enough']);
  expect([added.mock.calls.length, removed.mock.calls.length, vi.getTimerCount()]).toEqual([1, 1, 0]);
});

test('a signal that is aborted already keeps the model from being asked', async () => {
  const model = vi.fn<Model>();

  await expect(timeout()(model)({ ...request, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  expect(model).not.toHaveBeenCalled();
});

test('after the end nothing is passed on, and no listener is left on the caller’s signal', async () => {
  const heard = vi.fn<(delta: Delta) => void>();
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');

  await outcome(saying(40_000), { ...request, signal, onDelta: heard });

  expect(heard).not.toHaveBeenCalled();
  expect(removed.mock.calls).toEqual(added.mock.calls);
});

const planOf = (ms: number, linksLeft: number): Plan => {
  const plan = { deadlineAt: performance.now() + ms, linkDeadlineAt: 0, attemptsLeft: 6, linksLeft: 0, asked: new Set<string>() };
  beginLink(plan, linksLeft);
  return plan;
};

test('a link ends when its share of the deadline is used up, also where there is no other limit', async () => {
  const withLinks = planned(request, planOf(100_000, 3));
  const last = planned(request, planOf(100_000, 0));

  expect(await outcome(silent, withLinks)).toMatchObject({ ended: { code: 'attempt_timeout', replaceable: true }, ms: 25_000 });
  expect(await outcome(silent, last, false)).toMatchObject({ ended: { code: 'deadline_exceeded' } });
});

test('a call for which no time is left, or whose caller has gone, is told as skipped and counts against nobody', async () => {
  const model = vi.fn<Model>().mockResolvedValue(answer);
  const recorded = compose(cooldown({ failuresInRow: 1 }), record({ name: 'b', id: 'a/b' }), timeout())(model);
  const asked = planned(request, planOf(0, 1));

  const error: unknown = await recorded(asked).catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ code: 'attempt_timeout', unasked: true, attempts: [{ outcome: 'skipped' }] });
  expect(model).not.toHaveBeenCalled();
  expect((recorded as CoolingModel).circuit.state).toBe('closed');

  const gone = recorded({ ...request, signal: AbortSignal.abort() });

  await expect(gone).rejects.toMatchObject({ code: 'aborted', unasked: true, attempts: [{ outcome: 'skipped' }] });
});

test('the deadline does not bind a stream that has begun', async () => {
  const asked = planned(streaming, planOf(10_000, 0));

  expect(await outcome(saying(9_000, 9_000, 9_000), asked)).toMatchObject({ ended: answer, ms: 27_000 });
});

test('nobody is asked when the time is up already', async () => {
  const model = vi.fn<Model>();
  const asked = planned(request, planOf(1_000, 0));
  vi.advanceTimersByTime(1_000);

  await expect(timeout()(model)(asked)).rejects.toMatchObject({ code: 'deadline_exceeded' });
  expect(model).not.toHaveBeenCalled();
});

test('nothing of the router is in what the model gets', async () => {
  const model = vi.fn<Model>().mockResolvedValue(answer);
  const asked = { ...planned(request, planOf(1_000, 0)), waitedMs: 5, avoid: new Set(['a']) };

  await timeout()(model)(asked);

  const got = Object.entries(model.mock.calls[0]?.[0] as ModelRequest).flatMap(([key, value]) =>
    value === undefined ? [] : key,
  );
  expect(got.toSorted()).toEqual(['messages', 'role', 'signal']);
});

test('errors and bugs come through as they are', async () => {
  const bug = new TypeError('x is undefined');
  const throwing: Model = () => {
    throw bug;
  };

  await expect(timeout()(throwing)(request)).rejects.toBe(bug);
  await expect(timeout()(() => Promise.reject(bug))(request)).rejects.toBe(bug);
  expect(vi.getTimerCount()).toBe(0);
});

test.each([
  [{ idleMs: -1 }, 'timeout: idleMs is -1; it must be a number above 0 (Infinity for no limit).'],
  [{ attemptMs: '60s' }, 'timeout: attemptMs is "60s"; it must be a number above 0 (Infinity for no limit).'],
  [{ idle: 1 }, 'timeout has no option "idle"; it has: attemptMs, firstTokenMs, idleMs.'],
])('%j is refused', (options, message) => {
  expect(() => timeout(options as TimeoutOptions)).toThrow(message);
});
