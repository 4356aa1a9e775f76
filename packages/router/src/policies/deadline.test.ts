import type { Delta, Model, ModelResponse } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError } from '../errors.ts';
import type { PlannedRequest } from '../plan.ts';
import { record } from '../record.ts';
import { deadline, type DeadlineOptions } from './deadline.ts';

const request = { role: 'writer', messages: [] };
const answer: ModelResponse = { model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };
const text = (words: string): Delta => ({ type: 'text', text: words });
const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const silent: Model = () => new Promise(() => undefined);
const mumbling: Model = async ({ onDelta }) => {
  await onDelta?.(text(''));
  return await new Promise(() => undefined);
};
const late: Model = async ({ onDelta }) => {
  await after(2_000);
  await onDelta?.(text('too late'));
  return answer;
};
const throwing: Model = () => {
  throw new TypeError('x is undefined');
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What the model is told it may spend. */
async function planFor(
  options: DeadlineOptions,
  asked: PlannedRequest,
): Promise<{ ms: number; attemptsLeft: number } | undefined> {
  const model = vi.fn<Model>().mockResolvedValue(answer);
  const start = performance.now();
  await deadline(options)(model)(asked);
  const { plan } = (model.mock.calls[0]?.[0] ?? {}) as PlannedRequest;
  return plan && { ms: plan.deadlineAt - start, attemptsLeft: plan.attemptsLeft };
}

test('a stream has two minutes to begin, a plain answer ten to be there, and both have six calls', async () => {
  expect(await planFor({}, { ...request, onDelta: () => undefined })).toEqual({ ms: 120_000, attemptsLeft: 6 });
  expect(await planFor({}, { ...request, wire: { api: 'messages', body: {}, onBytes: () => undefined } })).toMatchObject({
    ms: 120_000,
  });
  expect(await planFor({}, request)).toEqual({ ms: 600_000, attemptsLeft: 6 });
  expect(await planFor({ answerMs: 5, maxAttempts: Infinity }, request)).toEqual({ ms: 5, attemptsLeft: Infinity });
  expect(await planFor({}, { ...request, deadlineMs: 700 })).toMatchObject({ ms: 700 });
});

test('what hangs below ends shortly after the deadline all the same', async () => {
  const asked = deadline({ answerMs: 1_000 })(silent)(request).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(1_050);

  expect(await asked).toMatchObject({ code: 'deadline_exceeded', reason: 'no answer before the deadline of the request' });
  expect(vi.getTimerCount()).toBe(0);
});

test('what hangs after a call costs nobody what is known of that call', async () => {
  const called = record({ name: 'gpt', id: 'a/b' })(async () => ({ ...answer, usage: { inputTokens: 3 } }));
  const hanging: Model = async (planned) => (await called(planned), await silent(planned));

  const asked = deadline({ answerMs: 1_000 })(hanging)(request).catch((error: unknown) => error);
  await vi.runAllTimersAsync();

  const made = [{ name: 'gpt', model: 'a/b', outcome: 'answered', usage: { inputTokens: 3 } }];
  expect(await asked).toMatchObject({ code: 'deadline_exceeded', attempts: made });
});

test('what ends a little after the deadline is heard: it knows more', async () => {
  const known = new ModelError('deadline_exceeded', { model: 'a/b' });
  const ending: Model = async () => {
    await after(1_040);
    throw known;
  };

  const asked = deadline({ answerMs: 1_000 })(ending)(request).catch((error: unknown) => error);
  await vi.runAllTimersAsync();

  expect(await asked).toBe(known);
});

test('what ends by itself at the deadline is heard, however busy the process was until then', async () => {
  vi.useRealTimers();
  const known = new ModelError('deadline_exceeded', { model: 'a/b' });
  const ending: Model = () => new Promise((_, reject) => void setTimeout(() => setImmediate(reject, known), 1));

  const asked = deadline({ answerMs: 1 })(ending)(request);
  for (const end = performance.now() + 60; performance.now() < end;); // longer than the deadline and the grace

  await expect(asked).rejects.toBe(known);
});

test('a deadline longer than the longest timer is no shorter than it says', async () => {
  const asked = deadline({ answerMs: 2 ** 32 })(silent)(request).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(2 ** 32 - 1);

  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(51);
  expect(await asked).toMatchObject({ code: 'deadline_exceeded' });
});

test('once a stream has begun it may take as long as it takes', async () => {
  const model: Model = async ({ onDelta }) => {
    await after(900);
    await onDelta?.(text('Once'));
    await after(5_000);
    return answer;
  };

  const asked = deadline({ streamMs: 1_000 })(model)({ ...request, onDelta: () => undefined });
  await vi.runAllTimersAsync();

  await expect(asked).resolves.toBe(answer);
});

test('a piece that says nothing is no beginning', async () => {
  const asked = deadline({ streamMs: 1_000 })(mumbling)({ ...request, onDelta: () => undefined }).catch(
    (error: unknown) => error,
  );
  await vi.runAllTimersAsync();

  expect(await asked).toMatchObject({ code: 'deadline_exceeded' });
});

test('after the deadline nothing arrives late', async () => {
  const heard = vi.fn<(delta: Delta) => void>();

  const asked = deadline({ streamMs: 1_000 })(late)({ ...request, onDelta: heard }).catch((error: unknown) => error);
  await vi.runAllTimersAsync();

  expect(await asked).toMatchObject({ code: 'deadline_exceeded' });
  expect(heard).not.toHaveBeenCalled();
});

test.each([NaN, '500'])('a deadline of %j is refused', async (deadlineMs) => {
  const asked = deadline()(async () => answer)({ ...request, deadlineMs: deadlineMs as number });

  await expect(asked).rejects.toThrow(/^request: deadlineMs is .*; it must be a number of milliseconds/);
});

test('an answer, an error and a throw leave no timer behind', async () => {
  await deadline()(async () => answer)(request);
  await expect(deadline()(() => Promise.reject(new TypeError('no')))(request)).rejects.toThrow('no');
  await expect(deadline()(throwing)(request)).rejects.toThrow('x is undefined');

  expect(vi.getTimerCount()).toBe(0);
});

test.each([
  [{ streamMs: 0 }, 'deadline: streamMs is 0; it must be a number above 0 (Infinity for no limit).'],
  [{ maxAttempts: 0.5 }, 'deadline: maxAttempts is 0.5; it must be a whole number of at least 1 (Infinity for no limit).'],
  [{ answer: 1 }, 'deadline has no option "answer"; it has: streamMs, answerMs, maxAttempts. Did you mean "answerMs"?'],
])('%j is refused', (options, message) => {
  expect(() => deadline(options as DeadlineOptions)).toThrow(new TypeError(message));
});
