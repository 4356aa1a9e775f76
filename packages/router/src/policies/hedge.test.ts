import { getEventListeners } from 'node:events';
import type { Attempt, Delta, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError } from '../errors.ts';
import type { PlannedRequest } from '../plan.ts';
import { hedge, type HedgeOptions } from './hedge.ts';
import { limit } from './limit.ts';

const answer: ModelResponse = { model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: { outputTokens: 1 } };
const request: ModelRequest = { messages: [] };
const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const thrownBy = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: unknown) => error);
const attempt = (id: string, outcome: Attempt['outcome']): Attempt => ({
  id,
  model: 'a/b',
  startedAt: 0,
  waitMs: 0,
  durationMs: 1,
  outcome,
});

/** What one call does: waits, says something, waits, and answers or fails. */
interface Script {
  readonly firstMs: number;
  readonly says?: string;
  readonly restMs?: number;
  readonly fails?: unknown;
}

/** A model whose calls follow these scripts, one after the other, and the quick one after that. It heeds its signal. */
function scripted(scripts: readonly Script[], signals: AbortSignal[] = []) {
  let calls = 0;
  return vi.fn<Model>(async ({ onDelta, signal }) => {
    const index = calls++;
    const { firstMs, says = 'hi', restMs = 0, fails } = scripts[index] ?? { firstMs: 10 };
    if (signal) signals.push(signal);
    const heedful = async (ms: number): Promise<void> => {
      const aborted = new Promise<never>((_, reject) => {
        const abort = (): void => {
          const own = [{ ...attempt(`call ${index}`, 'aborted'), possiblyBilled: true }];
          reject(Object.assign(new ModelError('aborted', { model: 'a/b', cause: signal?.reason }), { attempts: own }));
        };
        signal?.addEventListener('abort', abort, { once: true });
      });
      await Promise.race([after(ms), aborted]);
    };
    await heedful(firstMs);
    if (fails !== undefined && says === '') throw fails;
    await onDelta?.({ type: 'text', text: says });
    if (fails !== undefined) throw fails;
    await heedful(restMs);
    return { ...answer, text: says, attempts: [attempt(`call ${index}`, 'answered')] };
  });
}

/** Fifty answers, so that there is something to compare with, and allowance enough. */
async function warmUp(model: Model, more: Partial<ModelRequest> = {}, count = 50): Promise<void> {
  for (let index = 0; index < count; index++) {
    const asked = model({ ...request, ...more });
    await vi.runAllTimersAsync();
    await asked;
  }
}

async function settle<Result>(asked: Promise<Result>): Promise<Result> {
  await vi.runAllTimersAsync();
  return await asked;
}

const quick: Script = { firstMs: 10 };
const fifty = Array.from({ length: 50 }, () => quick);
const streaming = (heard: Delta[] = []): Pick<ModelRequest, 'onDelta'> => ({ onDelta: (delta) => void heard.push(delta) });

/** A hedged model that has answered fifty times, and whose next calls follow the scripts. */
async function setUp(scripts: readonly Script[], more: Partial<ModelRequest> = {}, options?: HedgeOptions) {
  const signals: AbortSignal[] = [];
  const calls = scripted([...fifty, ...scripts], signals);
  const model = hedge(options)(calls);
  await warmUp(model, more);
  calls.mockClear();
  signals.length = 0;
  return { calls, model, signals };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a second copy is sent when the first token is late, and the quicker one is heard', async () => {
  const { calls, model, signals } = await setUp([{ firstMs: 60_000 }, { firstMs: 30, says: 'quick', restMs: 50 }], streaming());
  const heard: Delta[] = [];

  const asked = model({ ...request, ...streaming(heard) });
  await vi.advanceTimersByTimeAsync(1_999);
  expect(calls).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(31);
  expect(calls).toHaveBeenCalledTimes(2);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  const response = await settle(asked);

  expect(heard).toEqual([{ type: 'text', text: 'quick' }]);
  expect(response.text).toBe('quick');
  expect(response.attempts).toEqual([{ ...attempt('call 50', 'aborted'), possiblyBilled: true }, attempt('call 51', 'answered')]);
});

test('the first wins if it speaks before the second, which is cancelled', async () => {
  const { model, signals } = await setUp([{ firstMs: 2_100, says: 'first' }, { firstMs: 5_000 }], streaming());

  const response = await settle(model({ ...request, ...streaming() }));

  expect(response.text).toBe('first');
  expect(response.attempts?.map(({ id, outcome }) => [id, outcome])).toEqual([
    ['call 51', 'aborted'],
    ['call 50', 'answered'],
  ]);
  expect(signals[1]?.reason).toMatchObject({ code: 'aborted', reason: 'another copy of the request was quicker' });
});

test('a plain answer is raced for as a whole', async () => {
  const { calls, model } = await setUp([
    { firstMs: 1_000, restMs: 60_000 },
    { firstMs: 10, says: 'second' },
  ]);

  const response = await settle(model(request));

  expect(response.text).toBe('second');
  expect(calls).toHaveBeenCalledTimes(2);
});

test('streams and plain answers are not compared with each other', async () => {
  const { calls, model } = await setUp([{ firstMs: 60_000 }]);

  await settle(model({ ...request, ...streaming() }));

  expect(calls).toHaveBeenCalledTimes(1);
});

test('no copy is sent before fifty answers were timed', async () => {
  const calls = scripted([...fifty.slice(1), { firstMs: 60_000 }]);
  const model = hedge()(calls);
  await warmUp(model, {}, 49);

  await settle(model(request));

  expect(calls).toHaveBeenCalledTimes(50);
});

test('where answers take long, the copy waits as long as 95 % of them took', async () => {
  const slow = Array.from({ length: 50 }, () => ({ firstMs: 10_000 }));
  const calls = scripted([...slow, { firstMs: 60_000 }]);
  const model = hedge()(calls);
  await warmUp(model);

  const asked = model(request);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(calls).toHaveBeenCalledTimes(51);
  await vi.advanceTimersByTimeAsync(502);

  expect(calls).toHaveBeenCalledTimes(52);
  await settle(asked);
});

test('no more requests than the share have a second copy, however many are late', async () => {
  const calls = scripted(Array.from({ length: 1_200 }, (_, index) => ({ firstMs: index % 25 === 24 ? 60_000 : 10 })));
  const model = hedge({ maxShare: 0.01 })(calls);

  await warmUp(model, {}, 1_000); // about 40 of them are late

  expect(calls.mock.calls.length).toBeGreaterThan(1_000 + 5);
  expect(calls.mock.calls.length).toBeLessThanOrEqual(1_000 + 10);
});

const once: readonly (readonly [string, Partial<PlannedRequest>])[] = [
  ['with tools', { tools: [{ name: 'pay', parameters: {} }] }],
  ['with wire', { wire: { api: 'chat.completions', body: {} } }],
  [
    'whose plan has no call to spare',
    { plan: { deadlineAt: 0, linkDeadlineAt: 0, attemptsLeft: 2, linksLeft: 2, asked: new Set() } },
  ],
];
test.each(once)('a request %s is sent once', async (_, more) => {
  const { calls, model } = await setUp([{ firstMs: 60_000 }]);

  await settle(model({ ...request, ...more }));

  expect(calls).toHaveBeenCalledTimes(1);
});

test('a request with an empty list of tools has none', async () => {
  const { calls, model } = await setUp([{ firstMs: 60_000 }]);

  await settle(model({ ...request, tools: [] }));

  expect(calls).toHaveBeenCalledTimes(2);
});

test('a copy is a call of the plan', async () => {
  const { model } = await setUp([{ firstMs: 60_000 }]);
  const plan = { deadlineAt: 0, linkDeadlineAt: 0, attemptsLeft: 2, linksLeft: 1, asked: new Set<string>() };
  const planned: PlannedRequest = { ...request, plan };

  await settle(model(planned));

  expect(plan.attemptsLeft).toBe(1);
});

test('a failure before the copy is sent comes out at once', async () => {
  const busy = new ModelError('overloaded', { model: 'a/b' });
  const { calls, model } = await setUp([{ firstMs: 100, says: '', fails: busy }]);

  const asked = thrownBy(model(request));
  await vi.advanceTimersByTimeAsync(100);

  expect(await asked).toBe(busy);
  await vi.runAllTimersAsync();
  expect(calls).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('a failure of one copy leaves it to the other', async () => {
  const busy = new ModelError('overloaded', { model: 'a/b' });
  const { model } = await setUp([
    { firstMs: 3_000, says: '', fails: busy },
    { firstMs: 5_000, says: 'second' },
  ]);

  const response = await settle(model(request));

  expect(response.text).toBe('second');
  expect(response.attempts?.map(({ outcome, code }) => code ?? outcome)).toEqual(['overloaded', 'answered']);
});

test('when both fail, the error of the first comes out with the attempts of both', async () => {
  const busy = Object.assign(new ModelError('overloaded', { model: 'a/b' }), { attempts: [attempt('first', 'failed')] });
  const cut = Object.assign(new ModelError('network', { model: 'a/b' }), { attempts: [attempt('second', 'failed')] });
  const { model } = await setUp([
    { firstMs: 5_000, says: '', fails: busy },
    { firstMs: 10, says: '', fails: cut },
  ]);

  const error = await settle(thrownBy(model(request)));

  expect(error).toBe(busy);
  expect(busy.attempts.map(({ id }) => id)).toEqual(['second', 'first']);
});

const decisive: readonly (readonly [string, unknown])[] = [
  ['a bug', new TypeError('x is not a function')],
  ['an invalid request', new ModelError('invalid_request', { model: 'a/b' })],
];
test.each(decisive)('%s is not waited on: the other copy is cancelled', async (_, error) => {
  const { model, signals } = await setUp([{ firstMs: 60_000 }, { firstMs: 10, says: '', fails: error }]);

  const asked = thrownBy(model(request));
  await vi.advanceTimersByTimeAsync(2_010);

  expect(await asked).toBe(error);
  expect(signals[0]?.aborted).toBe(true);
});

test('once a copy has begun, its failure is that of the request', async () => {
  const cut = new ModelError('stream_cut', { model: 'a/b', committed: true });
  const { calls, model } = await setUp([{ firstMs: 60_000 }, { firstMs: 10, fails: cut }], streaming());

  const error = await settle(thrownBy(model({ ...request, ...streaming() })));

  expect(error).toBe(cut);
  expect(cut.attempts?.map(({ id }) => id)).toEqual(['call 50']);
  expect(calls).toHaveBeenCalledTimes(2);
});

test('a copy that is not heeding its cancellation is not waited for, and nothing of it is heard', async () => {
  let deafCalls = 0;
  const deaf: Model = async ({ onDelta }) => {
    const isFirst = deafCalls++ === 50;
    await after(isFirst ? 5_000 : 10);
    await onDelta?.({ type: 'text', text: isFirst ? 'late' : 'quick' });
    await after(isFirst ? 60_000 : 0);
    return answer;
  };
  const model = hedge()(Object.assign(deaf, { id: 'a/b' }));
  await warmUp(model, streaming());
  const heard: Delta[] = [];

  const asked = model({ ...request, ...streaming(heard) });
  await vi.advanceTimersByTimeAsync(2_200);

  expect((await asked).attempts).toMatchObject([
    {
      model: 'a/b',
      outcome: 'aborted',
      code: 'aborted',
      possiblyBilled: true,
      reason: 'another copy of the request was quicker',
    },
    { model: 'a/b', outcome: 'answered', usage: { outputTokens: 1 } },
  ]);
  await vi.runAllTimersAsync();
  expect(heard).toEqual([{ type: 'text', text: 'quick' }]);
});

test('an abort ends both copies, and leaves neither listener nor timer', async () => {
  const { model, signals } = await setUp([{ firstMs: 60_000 }, { firstMs: 60_000 }]);
  const controller = new AbortController();
  const asked = thrownBy(model({ ...request, signal: controller.signal }));
  await vi.advanceTimersByTimeAsync(3_000);

  controller.abort('enough');

  expect(await asked).toMatchObject({ code: 'aborted', cause: 'enough' });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
});

test('after an abort no copy is sent, even if the model does not heed it', async () => {
  const calls = vi.fn<Model>(async () => {
    await after(calls.mock.calls.length > 50 ? 10_000 : 10);
    return answer;
  });
  const model = hedge()(calls);
  await warmUp(model);
  const controller = new AbortController();

  const asked = model({ ...request, signal: controller.signal });
  controller.abort();
  await settle(asked);

  expect(calls).toHaveBeenCalledTimes(51);
});

test('what the listener throws comes out as it is, and the other copy is cancelled', async () => {
  const { model, signals } = await setUp([{ firstMs: 60_000 }, { firstMs: 10 }], streaming());
  const thrown = { my: 'own' };
  const onDelta = (): never => {
    throw thrown;
  };

  const error = await settle(thrownBy(model({ ...request, onDelta })));

  expect(error).toBe(thrown);
  expect(signals[0]?.aborted).toBe(true);
});

test('an answer without a second copy is passed on as it is', async () => {
  const model = hedge()(async () => answer);

  await expect(model(request)).resolves.toBe(answer);
});

const wrong: readonly (readonly [object, string])[] = [
  [{ delay: 5 }, 'hedge has no option "delay"'],
  [{ minDelayMs: -1 }, 'hedge: minDelayMs is -1; it must be a finite number of at least 0.'],
  [{ minSamples: 0 }, 'hedge: minSamples is 0; it must be a whole number of at least 1.'],
  [{ maxShare: 5 }, 'hedge: maxShare is 5; it must be a number from 0 to 1.'],
];
test.each(wrong)('%j is refused', (options, message) => {
  expect(() => hedge(options)).toThrow(new RegExp(`^${message}`));
});

test('a copy that was still in a queue when the other began to answer is told as skipped: no call was made', async () => {
  const backend = scripted([...Array.from({ length: 50 }, () => ({ firstMs: 10 })), { firstMs: 5_000, restMs: 100 }]);
  const model = hedge()(limit({ maxConcurrent: 1 })(backend));
  await warmUp(model, { onDelta: vi.fn() });

  const asked = model({ ...request, onDelta: vi.fn() });
  await vi.runAllTimersAsync();

  expect((await asked).attempts).toMatchObject([{ outcome: 'skipped', code: 'aborted' }, { outcome: 'answered' }]);
  expect(backend).toHaveBeenCalledTimes(51);
});
