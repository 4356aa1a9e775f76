import type { Attempt, Delta, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AttemptListener } from './attempt-listener.ts';
import { ModelError, type ModelErrorCode, RouteError } from './errors.ts';
import { type Plan, planned, type PlannedRequest } from './plan.ts';
import { record } from './record.ts';

const request: ModelRequest = { role: 'writer', model: 'groq-fast', labels: { workflow: 'post-1' }, messages: [] };
const answer: ModelResponse = { model: 'groq/llama', text: 'hi', toolCalls: [], finishReason: 'stop', usage: { inputTokens: 3 } };
const text = (words: string): Delta => ({ type: 'text', text: words });
const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const inner: Attempt = {
  id: 'row-1',
  model: 'groq/llama',
  startedAt: 5,
  waitMs: 1,
  durationMs: 7,
  outcome: 'answered',
  costUsd: 0.25,
};
const recorded = (model: Model, onAttempt?: AttemptListener): Model =>
  record({ name: 'groq-fast', id: 'groq/llama', onAttempt })(model);

async function outcome(model: Model, asked: ModelRequest = request): Promise<unknown> {
  const settled = recorded(model)(asked).catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  return await settled;
}

const failing =
  (delta: Delta): Model =>
  async ({ onDelta }) => {
    await onDelta?.(delta);
    throw new ModelError('network', { model: 'groq/llama' });
  };

beforeEach(() => void vi.useFakeTimers({ now: 1_000 }));
afterEach(() => void vi.useRealTimers());

test('an answer carries its one attempt, measured', async () => {
  const response = await outcome(async () => {
    await after(120);
    return answer;
  });

  expect(response).toStrictEqual({
    ...answer,
    attempts: [
      {
        id: expect.stringMatching(/^[\da-f-]{36}-\d+$/),
        name: 'groq-fast',
        model: 'groq/llama',
        startedAt: 1_000,
        waitMs: 0,
        durationMs: 120,
        outcome: 'answered',
        usage: { inputTokens: 3 },
      },
    ],
  });
});

test('the first delta that says something is timed, and all are passed on', async () => {
  const deltas: readonly Delta[] = [text(''), { type: 'tool_call', index: 0 }, text('Once'), text(' upon')];
  const heard: Delta[] = [];

  const response = await outcome(
    async ({ onDelta }) => {
      for (const delta of deltas) {
        await after(10);
        await onDelta?.(delta);
      }
      return answer;
    },
    { ...request, onDelta: (delta) => void heard.push(delta) },
  );

  expect(heard).toEqual(deltas);
  expect(response).toMatchObject({ attempts: [{ firstTokenMs: 30, durationMs: 40 }] });
});

test('what the caller gave is handed to the model as it is when nothing is streamed', async () => {
  const model = vi.fn<Model>().mockResolvedValue(answer);

  await outcome(model);

  expect(model.mock.calls[0]?.[0]).toBe(request);
});

test('the promise of onDelta holds the model back', async () => {
  const response = await outcome(
    async ({ onDelta: deliver }) => {
      await deliver?.(text('Once'));
      return answer;
    },
    { ...request, onDelta: () => after(500) },
  );

  expect(response).toMatchObject({ attempts: [{ durationMs: 500 }] });
});

test('an error carries its attempt, with what it knows', async () => {
  const facts = {
    model: 'groq/llama',
    reason: 'busy',
    status: 503,
    usage: { inputTokens: 9 },
    possiblyBilled: true,
    simulated: true,
  };
  const error = new ModelError('overloaded', facts);

  const thrown = await outcome(() => Promise.reject(error));

  expect(thrown).toMatchObject({
    name: 'ModelError',
    code: 'overloaded',
    committed: false,
    message: error.message,
    stack: error.stack,
  });
  const { model: _, ...known } = facts;
  expect(thrown).toMatchObject({ attempts: [{ outcome: 'failed', code: 'overloaded', name: 'groq-fast', ...known }] });
});

test.each([
  ['not_configured', 'skipped'],
  ['aborted', 'aborted'],
  ['auth', 'failed'],
] as const)('%s is an attempt that was %s', async (code, expected) => {
  const thrown = await outcome(() => Promise.reject(new ModelError(code, { model: 'groq/llama' })));

  expect(thrown).toMatchObject({ attempts: [{ outcome: expected, code }] });
});

test('what is not known is left out', async () => {
  const thrown = (await outcome(() => Promise.reject(new ModelError('auth', { model: 'groq/llama' })))) as ModelError;

  const known = ['id', 'name', 'model', 'startedAt', 'waitMs', 'durationMs', 'outcome', 'code'];
  expect(Object.keys(thrown.attempts?.[0] ?? {})).toEqual(known);
});

test('one error thrown for two requests carries to each its own attempt', async () => {
  const error = new ModelError('not_configured', { model: 'groq/llama' }); // a failed load, kept by the adapter
  const model = recorded(() => Promise.reject(error));

  const thrown = await Promise.all([model(request), model(request)].map((asked) => asked.catch((reason: ModelError) => reason)));

  expect(new Set(thrown.flatMap(({ attempts }) => attempts?.map(({ id }) => id))).size).toBe(2);
  expect(error.attempts).toBeUndefined();
});

test('after a delta that said something, a forgetful adapter has committed all the same', async () => {
  const streaming = { ...request, onDelta: (): void => undefined };

  expect(await outcome(failing(text('Once')), streaming)).toMatchObject({
    committed: true,
    retryable: false,
    replaceable: false,
  });
  expect(await outcome(failing({ type: 'tool_call', index: 0, id: '', arguments: '{' }), streaming)).toMatchObject({
    committed: true,
  });
  expect(await outcome(failing(text('')), streaming)).toMatchObject({ committed: false, retryable: true });
});

const relaying: Model = async ({ wire }) => {
  await wire?.onBytes?.(new Uint8Array(0));
  await wire?.onBytes?.(new Uint8Array(2));
  throw new ModelError('stream_cut', { model: 'groq/llama' });
};

test('relayed bytes commit as a delta does', async () => {
  const onBytes = vi.fn<(bytes: Uint8Array) => void>();

  const thrown = await outcome(relaying, { ...request, wire: { api: 'messages', body: { model: 'x' }, onBytes } });

  expect(thrown).toMatchObject({ code: 'stream_cut', committed: true });
  expect(onBytes).toHaveBeenCalledTimes(2);
});

const endingWith = (code: ModelErrorCode): Model =>
  record({ name: 'a', id: 'x/a', deployment: `a-${code}` })(() => Promise.reject(new ModelError(code, { model: 'x/a' })));

test('a deployment that timed out is noted for the rest of the request', async () => {
  const plan: Plan = { deadlineAt: 0, linkDeadlineAt: 0, attemptsLeft: 1, linksLeft: 0, asked: new Set() };

  for (const code of ['idle_timeout', 'network', 'attempt_timeout', 'deadline_exceeded'] as const) {
    await expect(endingWith(code)(planned(request, plan))).rejects.toMatchObject({ attempts: [{ deployment: `a-${code}` }] });
  }

  expect([...plan.asked]).toEqual(['a-idle_timeout', 'a-attempt_timeout']);
});

test('a route that failed after part of its answer was passed on is not replaced either', async () => {
  const cut = new RouteError({ errors: [new ModelError('network', { model: 'groq/llama', status: 502 })], attempts: [inner] });

  const thrown = await outcome(
    async ({ onDelta }) => {
      await onDelta?.(text('Once'));
      throw cut;
    },
    { ...request, onDelta: () => undefined },
  );

  expect(thrown).toMatchObject({ name: 'ModelError', code: 'network', status: 502, replaceable: false, cause: cut });
  expect(thrown).toMatchObject({ attempts: [{ id: 'row-1', name: 'groq-fast' }] });
});

test('nothing is passed on after the call is over', async () => {
  const onDelta = vi.fn<(delta: Delta) => void>();

  await outcome(
    async ({ onDelta: deliver }) => {
      setTimeout(() => void deliver?.(text('too late')), 10);
      throw new ModelError('attempt_timeout', { model: 'groq/llama' });
    },
    { ...request, onDelta },
  );

  expect(onDelta).not.toHaveBeenCalled();
});

test('what is no ModelError comes out untouched, and is told to onAttempt without its message', async () => {
  const onAttempt = vi.fn<AttemptListener>();
  const bug = Object.freeze(new TypeError('cannot read "the secret prompt"'));

  const thrown = await recorded(() => Promise.reject(bug), onAttempt)(request).catch((error: unknown) => error);

  expect(thrown).toBe(bug);
  expect(onAttempt).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ outcome: 'failed', reason: 'TypeError thrown: a bug, or a throw from onDelta' }),
    { role: 'writer', model: 'groq-fast', labels: { workflow: 'post-1' } },
  );
});

test('a user model that throws the reason of an abort was aborted, and throws just that', async () => {
  const onAttempt = vi.fn<AttemptListener>();
  const signal = AbortSignal.abort(new Error('enough'));

  const thrown = await recorded(async () => {
    throw signal.reason;
  }, onAttempt)({ ...request, signal }).catch((error: unknown) => error);

  expect(thrown).toBe(signal.reason);
  expect(onAttempt.mock.calls[0]?.[0]).toMatchObject({ outcome: 'aborted' });
});

test('a user model that throws the error it was ended with is on record under its own name', async () => {
  const onAttempt = vi.fn<AttemptListener>();
  const signal = AbortSignal.abort(new ModelError('aborted', { model: 'writer' }));
  const model: Model = () => Promise.reject(signal.reason as ModelError);

  await expect(recorded(model, onAttempt)({ ...request, signal })).rejects.toThrow('aborted');

  expect(onAttempt.mock.calls[0]?.[0]).toMatchObject({ outcome: 'aborted', model: 'groq/llama' });
});

test('a refusal comes out itself, on record as skipped', async () => {
  const refusal = Object.assign(new Error('The cap of 1 USD is spent.'), { action: 'next', code: 'budget_exceeded' });

  const thrown = await outcome(() => Promise.reject(refusal));

  expect(thrown).toBe(refusal);
  expect(thrown).toMatchObject({
    attempts: [{ name: 'groq-fast', outcome: 'skipped', code: 'budget_exceeded', reason: refusal.message }],
  });
});

test('the facts of a tracker below count, and the gaps are filled', async () => {
  const waited: PlannedRequest = { ...request, waitedMs: 40 };
  const model = vi.fn<Model>().mockResolvedValue({ ...answer, attempts: [{ ...inner, usage: undefined }] });

  const response = await outcome(model, waited);

  expect(response).toMatchObject({
    attempts: [{ id: 'row-1', name: 'groq-fast', waitMs: 41, durationMs: 7, costUsd: 0.25, usage: { inputTokens: 3 } }],
  });
  expect(model.mock.calls[0]?.[0]).toEqual(request);
});

test('the attempts of a router below are all kept, and named where they have no name', async () => {
  const attempts: Attempt[] = [
    { ...inner, outcome: 'failed' },
    { ...inner, id: 'row-2', name: 'cheap' },
  ];
  const onAttempt = vi.fn<AttemptListener>();
  const waited: PlannedRequest = { ...request, waitedMs: 40 };

  const response = await recorded(async () => ({ ...answer, attempts }), onAttempt)(waited);

  expect(response.attempts).toStrictEqual([
    { ...inner, outcome: 'failed', name: 'groq-fast', waitMs: 41 },
    { ...inner, id: 'row-2', name: 'cheap' },
  ]);
  expect(onAttempt).toHaveBeenCalledTimes(2);
});

test('an error that a tracker below has on record keeps that record', async () => {
  const error = Object.assign(new ModelError('network', { model: 'groq/llama', reason: 'reset' }), {
    attempts: [{ ...inner, outcome: 'failed' }],
  });

  const thrown = await outcome(() => Promise.reject(error));

  expect(thrown).toMatchObject({ attempts: [{ id: 'row-1', costUsd: 0.25, name: 'groq-fast', reason: 'reset' }] });
});

test('a bug that a tracker below has on record is told to onAttempt by that record', async () => {
  const onAttempt = vi.fn<AttemptListener>();
  const bug = Object.freeze(Object.assign(new TypeError('x is undefined'), { attempts: [{ ...inner, outcome: 'failed' }] }));

  await expect(recorded(() => Promise.reject(bug), onAttempt)(request)).rejects.toBe(bug);

  expect(onAttempt.mock.calls[0]?.[0]).toMatchObject({ id: 'row-1', name: 'groq-fast' });
});

test('a simulated answer is marked', async () => {
  const response = await outcome(async () => ({ ...answer, metadata: { simulated: true } }));

  expect(response).toMatchObject({ attempts: [{ simulated: true }] });
});
