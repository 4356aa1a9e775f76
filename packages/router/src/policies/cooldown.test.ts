import type { Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError, type ModelErrorCode, RouteError } from '../errors.ts';
import type { Plan, PlannedRequest } from '../plan.ts';
import { cooldown, type CoolingModel } from './cooldown.ts';

const request: ModelRequest = { messages: [] };
const answer: ModelResponse = { model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };
const failure = (code: ModelErrorCode): ModelError => new ModelError(code, { model: 'a/b' });
const plan = (msLeft: number): Plan => {
  const deadlineAt = performance.now() + msLeft;
  return { deadlineAt, linkDeadlineAt: deadlineAt, attemptsLeft: 6, linksLeft: 1, asked: new Set() };
};

/** Asks a model that fails with this, so many times. */
async function fail(model: CoolingModel, times: number, asked: PlannedRequest = request): Promise<void> {
  for (let n = 0; n < times; n++) await model(asked).catch(() => undefined);
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('answers and errors are passed on as they are, and so is what the model says of itself', async () => {
  const error = failure('network');
  const backend = vi.fn<Model>().mockResolvedValueOnce(answer).mockRejectedValueOnce(error);
  const model = cooldown()(Object.assign(backend, { id: 'a/b' }));

  await expect(model(request)).resolves.toBe(answer);
  await expect(model(request)).rejects.toBe(error);
  expect(backend).toHaveBeenCalledWith(request);
  expect(model.id).toBe('a/b');
});

test('while it is open nobody is asked, and the error says for how long', async () => {
  const backend = vi.fn<Model>().mockRejectedValue(failure('overloaded'));
  const model = cooldown({ cooldownMs: 7_000 })(Object.assign(backend, { id: 'a/b' }));
  await fail(model, 5);

  await expect(model(request)).rejects.toMatchObject({
    code: 'rate_limited',
    status: 429,
    retryAfterMs: 7_000,
    unasked: true,
    message: 'a/b failed: rate_limited (HTTP 429): cooling down after overloaded; try again in 7 s',
  });
  expect(backend).toHaveBeenCalledTimes(5);
});

test('at the end one probe goes through first, and the rest follow only when it has answered', async () => {
  const backend = vi.fn<Model>().mockRejectedValueOnce(failure('auth')).mockResolvedValue(answer);
  backend.mockImplementationOnce(async () => await new Promise((resolve) => setTimeout(() => resolve(answer), 100)));
  const model = cooldown()(backend);
  await fail(model, 1);
  vi.advanceTimersByTime(model.circuit.availableInMs());

  const probe = model(request);
  await expect(model(request)).rejects.toMatchObject({ unasked: true });
  expect(model.circuit.availableInMs()).toBeGreaterThan(0);
  await vi.advanceTimersByTimeAsync(100);

  await expect(probe).resolves.toBe(answer);
  await expect(Promise.all([model(request), model(request)])).resolves.toEqual([answer, answer]);
});

test('a refusal in the moment in which the rest ends still names a wait', async () => {
  const model = cooldown({ cooldownMs: 1_000 })(vi.fn<Model>().mockRejectedValue(failure('auth')));
  await fail(model, 1);
  const end = performance.now() + 1_000;
  vi.spyOn(performance, 'now')
    .mockReturnValueOnce(end - 1)
    .mockReturnValue(end);

  await expect(model(request)).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 1 });
});

test('a probe that hangs keeps the others away for half a minute at most', async () => {
  const backend = vi.fn<Model>().mockRejectedValueOnce(failure('auth'));
  backend.mockImplementation(() => new Promise(() => undefined));
  const model = cooldown()(backend);
  await fail(model, 1);
  vi.advanceTimersByTime(model.circuit.availableInMs());
  void model(request);

  vi.advanceTimersByTime(30_000);

  expect(model.circuit.availableInMs()).toBe(0);
});

test.each(['aborted', 'invalid_request'] as const)('a probe that ends with %s makes way for another', async (code) => {
  const backend = vi.fn<Model>().mockRejectedValueOnce(failure('auth')).mockRejectedValue(failure(code));
  const model = cooldown()(backend);
  await fail(model, 1);
  vi.advanceTimersByTime(model.circuit.availableInMs());

  await fail(model, 1);

  expect(model.circuit.state).toBe('half_open');
  expect(model.circuit.availableInMs()).toBe(0);
});

test.each(['invalid_request', 'context_too_long', 'content_filtered', 'aborted'] as const)(
  'fifty times %s, which is the caller’s own doing, change nothing',
  async (code) => {
    const model = cooldown({}, { members: 2 })(vi.fn<Model>().mockRejectedValue(failure(code)));

    await fail(model, 50);

    expect(model.circuit.state).toBe('closed');
  },
);

test.each([
  ['a bug', new TypeError('x is not a function')],
  ['a budget that refuses', Object.assign(new Error('spent'), { action: 'next' })],
  ['a policy below that asked nobody', new ModelError('rate_limited', { model: 'a/b', unasked: true })],
])('%s changes nothing', async (_, error) => {
  const model = cooldown({}, { members: 2 })(vi.fn<Model>().mockRejectedValue(error));

  await fail(model, 50);

  expect(model.circuit.state).toBe('closed');
});

test('a route that failed as a whole counts as what it failed with', async () => {
  const error = new RouteError({ errors: [failure('auth')], attempts: [] });
  const model = cooldown()(vi.fn<Model>().mockRejectedValue(error));

  await fail(model, 1);

  expect(model.circuit.state).toBe('open');
});

test.each([
  ['attempt_timeout', 100, 100, 'closed'],
  ['attempt_timeout', 60_000, 1_000, 'open'],
  ['first_token_timeout', 60_000, 30_000, 'open'],
  ['deadline_exceeded', 100, 100, 'closed'],
] as const)('%s with %i ms of the caller’s to go, after %i ms, leaves it %s', async (code, deadlineMs, tookMs, state) => {
  const model = cooldown({ failuresInRow: 1 })(async () => {
    vi.advanceTimersByTime(tookMs);
    throw failure(code);
  });

  await fail(model, 1, { messages: [], deadlineMs, plan: plan(deadlineMs) });

  expect(model.circuit.state).toBe(state);
});

test.each([
  ['attempt_timeout', 200_000, 'open'],
  ['deadline_exceeded', 200_000, 'open'],
  ['deadline_exceeded', 2_000, 'closed'],
] as const)('%s without a deadline of the caller’s, after %i ms, leaves it %s', async (code, tookMs, state) => {
  const model = cooldown({ failuresInRow: 1 })(async () => {
    vi.advanceTimersByTime(tookMs);
    throw failure(code);
  });

  await fail(model, 1, { messages: [], plan: plan(tookMs) });

  expect(model.circuit.state).toBe(state);
});

test('for want of others it lets a call through, which the model does not see', async () => {
  const backend = vi.fn<Model>().mockRejectedValue(failure('overloaded'));
  const model = cooldown({ failuresInRow: 1 })(backend);
  await fail(model, 1);

  await fail(model, 1, { messages: [], lastResort: true });

  expect(backend).toHaveBeenLastCalledWith({ messages: [], lastResort: undefined });
  expect(backend).toHaveBeenCalledTimes(2);
});

test('each model it is put around has a circuit of its own', async () => {
  const cooling = cooldown();
  const bad = cooling(vi.fn<Model>().mockRejectedValue(failure('auth')));
  const good = cooling(vi.fn<Model>().mockResolvedValue(answer));

  await fail(bad, 1);

  expect(bad.circuit.state).toBe('open');
  await expect(good(request)).resolves.toBe(answer);
});

test.each([
  [{ failuresInRow: 0 }, /failuresInRow is 0; it must be a whole number of at least 1/],
  [{ failureShare: 2 }, /failureShare is 2; it must be a number from 0 to 1/],
  [{ baseMs: -1 }, /baseMs is -1; it must be a finite number above 0/],
  [{ cooldownMs: '5s' }, /cooldownMs is "5s"/],
  [{ allowedFailsPerCode: { timeout: 3 } }, /allowedFailsPerCode has no option "timeout"/],
  [{ allowedFailsPerCode: { network: -3 } }, /network is -3; it must be a whole number of at least 0/],
  [{ alowedFails: 3 }, /has no option "alowedFails".+Did you mean "allowedFails"\?/],
])('%j is refused when it is made', (options, message) => {
  expect(() => cooldown(options as never)).toThrow(message);
  expect(() => cooldown(options as never)).toThrow(TypeError);
});
