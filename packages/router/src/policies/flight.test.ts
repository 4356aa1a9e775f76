/** Equal requests at the same time, seen through `cache`. */
import { getEventListeners } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Attempt, Delta, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ModelError, RouteError } from '../errors.ts';
import type { PlannedRequest } from '../plan.ts';
import { cache } from './cache.ts';

const answer: ModelResponse = { model: 'a/b', text: 'Once upon a time', toolCalls: [], finishReason: 'stop', usage: {} };
const attempt: Attempt = { id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 5, outcome: 'answered', costUsd: 0.5 };
const request: ModelRequest = { messages: [{ role: 'user', content: 'Tell me a story' }] };
const thrownBy = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: unknown) => error);
const outcomes = (response: ModelResponse): unknown => response.attempts?.map(({ outcome, costUsd }) => [outcome, costUsd]);

/** A model whose calls are answered by the test, one after the other. */
function setUp() {
  const calls: { request: ModelRequest; answer(response?: ModelResponse): void; fail(error: unknown): void }[] = [];
  const model: Model = (asked) =>
    new Promise((resolve, reject) => {
      const abort = (): void => reject(new ModelError('aborted', { model: 'a/b', cause: asked.signal?.reason }));
      asked.signal?.addEventListener('abort', abort, { once: true });
      calls.push({ request: asked, answer: (response = { ...answer, attempts: [attempt] }) => resolve(response), fail: reject });
    });
  const cached = cache()(model);
  const ask = async (more: Partial<ModelRequest> = {}): Promise<ModelResponse> => await cached({ ...request, ...more });
  const call = (index: number) => {
    const found = calls[index];
    if (!found) throw new Error(`there was no call ${index}`);
    return found;
  };
  return { calls, call, ask };
}

const doNothing = (): void => undefined;
const text = (words: string): Delta => ({ type: 'text', text: words });

/** Asks for a stream, and gathers what is heard. */
function listener(hold?: () => Promise<void>) {
  const heard: string[] = [];
  const onDelta = async (delta: Delta): Promise<void> => {
    heard.push(delta.type === 'text' ? delta.text : delta.type);
    await hold?.();
  };
  return { heard, onDelta };
}

test('equal requests at the same time are one call, paid for by the first', async () => {
  const { calls, call, ask } = setUp();
  const asked = [ask(), ask(), ask({ labels: { workflow: 'other' } })];
  await nextTurn();

  call(0).answer();
  const responses = await Promise.all(asked);

  expect(calls).toHaveLength(1);
  expect(responses.map(outcomes)).toEqual([[['answered', 0.5]], [['cache_hit', 0]], [['cache_hit', 0]]]);
});

test('an answer that is not kept is shared all the same', async () => {
  const { calls, call, ask } = setUp();
  const asked = [ask({ cache: { noStore: true } }), ask({ cache: { noStore: true } })];
  await nextTurn();
  call(0).answer();
  await Promise.all(asked);

  void ask();
  await nextTurn();

  expect(calls).toHaveLength(2);
});

test('it is kept if anyone who asked wants it kept', async () => {
  const { calls, call, ask } = setUp();
  const asked = [ask({ cache: { noStore: true } }), ask()];
  await nextTurn();
  call(0).answer();
  await Promise.all(asked);

  await ask();

  expect(calls).toHaveLength(1);
});

test('whoever asks to reload shares with nobody', async () => {
  const { calls, call, ask } = setUp();
  const asked = [ask({ cache: { reload: true } }), ask(), ask({ cache: { reload: true } })];
  await nextTurn();

  expect(calls).toHaveLength(3);
  for (const index of [0, 1, 2]) call(index).answer();
  await Promise.all(asked);
});

test('the call goes on when the first to ask gives up, and belongs to the next', async () => {
  const { calls, call, ask } = setUp();
  const controller = new AbortController();
  const first = thrownBy(ask({ signal: controller.signal }));
  const others = [ask(), ask()];
  await nextTurn();

  controller.abort('enough');

  expect(await first).toMatchObject({ code: 'aborted', cause: 'enough' });
  expect(call(0).request.signal?.aborted).toBe(false);
  call(0).answer();
  expect((await Promise.all(others)).map(outcomes)).toEqual([[['answered', 0.5]], [['cache_hit', 0]]]);
  expect(calls).toHaveLength(1);
});

test('the call is cancelled when everyone has given up, and nobody boards it after that', async () => {
  const { calls, call, ask } = setUp();
  const controllers = [new AbortController(), new AbortController()];
  const asked = controllers.map(({ signal }) => thrownBy(ask({ signal })));
  await nextTurn();

  controllers[0]?.abort('first');
  expect(call(0).request.signal?.aborted).toBe(false);
  await asked[0];
  controllers[1]?.abort('second');
  const late = ask();

  expect(await asked[1]).toMatchObject({ code: 'aborted', cause: 'second' });
  expect(call(0).request.signal?.reason).toBe('second');
  await nextTurn();
  expect(calls).toHaveLength(2);
  call(1).answer();
  await expect(late).resolves.toMatchObject({ text: answer.text });
});

test('the last to give up gets the error of the call, which knows what was spent', async () => {
  const aborted: Attempt = { ...attempt, outcome: 'aborted', possiblyBilled: true };
  const controller = new AbortController();
  const model: Model = ({ signal }) =>
    new Promise((_, reject) => {
      const error = Object.assign(new ModelError('aborted', { model: 'a/b' }), { attempts: [aborted] });
      signal?.addEventListener('abort', () => reject(error), { once: true });
    });

  const asked = thrownBy(cache()(model)({ ...request, signal: controller.signal }));
  await nextTurn();
  controller.abort('enough');

  expect(await asked).toMatchObject({ code: 'aborted', attempts: [aborted] });
});

test('a model that does not heed its signal is not waited for', async () => {
  const controller = new AbortController();
  const asked = thrownBy(cache()(() => new Promise(() => undefined))({ ...request, signal: controller.signal }));
  await nextTurn();

  controller.abort('enough');

  expect(await asked).toMatchObject({ code: 'aborted', cause: 'enough' });
});

test('no listener is left on a signal, however it ended', async () => {
  const { call, ask } = setUp();
  const { signal } = new AbortController();
  const controller = new AbortController();
  const asked = [ask({ signal }), ask({ signal }), thrownBy(ask({ signal: controller.signal }))];
  await nextTurn();

  controller.abort();
  call(0).answer();
  await Promise.all(asked);
  await ask({ signal });

  for (const each of [signal, controller.signal]) expect(getEventListeners(each, 'abort')).toHaveLength(0);
});

test('who joins a stream hears first what he has missed', async () => {
  const { calls, call, ask } = setUp();
  const [first, second] = [listener(), listener()];
  const asked = [ask(first)];
  await nextTurn();
  await call(0).request.onDelta?.(text('Once'));
  await call(0).request.onDelta?.(text(' upon'));

  asked.push(ask(second));
  await nextTurn();
  expect(second.heard).toEqual(['Once', ' upon']);
  await call(0).request.onDelta?.(text(' a time'));
  call(0).answer();
  await Promise.all(asked);

  expect(calls).toHaveLength(1);
  expect(first.heard).toEqual(['Once', ' upon', ' a time']);
  expect(second.heard).toEqual(first.heard);
});

test('a plain request waits for a stream; a stream does not wait for a plain answer', async () => {
  const { calls, call, ask } = setUp();
  const asked = [ask(listener()), ask()];
  await nextTurn();
  expect(calls).toHaveLength(1);
  call(0).answer();
  await Promise.all(asked);

  const plainFirst = [ask({ settings: { seed: 1 } }), ask({ settings: { seed: 1 }, ...listener() })];
  await nextTurn();

  expect(calls).toHaveLength(3);
  for (const index of [1, 2]) call(index).answer();
  await Promise.all(plainFirst);
});

test('the answer waits until its listener has heard everything', async () => {
  const { call, ask } = setUp();
  let hear = doNothing;
  const slow = listener(() => new Promise((resolve) => (hear = resolve)));
  let isDone = false;
  const asked = ask(slow).then(() => (isDone = true));
  await nextTurn();
  void call(0).request.onDelta?.(text('Once'));
  call(0).answer();
  await nextTurn();

  expect(isDone).toBe(false);
  hear();
  await asked;
  expect(slow.heard).toEqual(['Once']);
});

test('one slow reader holds the model back; beside a quick one he does not', async () => {
  const { call, ask } = setUp();
  let hear = doNothing;
  const slow = listener(() => new Promise((resolve) => (hear = resolve)));
  const asked = [ask(slow)];
  await nextTurn();
  let isPassed = false;

  const once = Promise.resolve(call(0).request.onDelta?.(text('Once'))).then(() => (isPassed = true));
  await nextTurn();
  expect(isPassed).toBe(false);
  asked.push(ask(listener()));
  await once;

  hear();
  call(0).answer();
  await Promise.all(asked);
});

test('a reader who leaves holds nobody back any more', async () => {
  const { call, ask } = setUp();
  const controller = new AbortController();
  const stuck = thrownBy(ask({ ...listener(() => new Promise(() => undefined)), signal: controller.signal }));
  const plain = ask();
  await nextTurn();
  const said = call(0).request.onDelta?.(text('Once'));

  controller.abort();

  await Promise.all([stuck, said]);
  await call(0).request.onDelta?.(text(' upon'));
  call(0).answer();
  await expect(plain).resolves.toMatchObject({ text: answer.text });
});

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
  'an abort %d turns after the call of another ended is heard, and asks nobody any more',
  async (turns) => {
    const { calls, call, ask } = setUp();
    const controller = new AbortController();
    const first = thrownBy(ask({ deadlineMs: 5 }));
    const second = thrownBy(ask({ signal: controller.signal }));
    await nextTurn();

    call(0).fail(new ModelError('deadline_exceeded', { model: 'a/b' }));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    controller.abort();
    await nextTurn();

    expect(await first).toMatchObject({ code: 'deadline_exceeded' });
    expect(await second).toMatchObject({ code: 'aborted' });
    expect(calls.slice(1).every((one) => one.request.signal?.aborted)).toBe(true);
  },
);

test('after an abort nothing more is heard', async () => {
  const { call, ask } = setUp();
  const controller = new AbortController();
  const { heard, onDelta } = listener();
  const asked = thrownBy(ask({ onDelta, signal: controller.signal }));
  const other = ask(listener());
  await nextTurn();
  await call(0).request.onDelta?.(text('Once'));

  controller.abort();
  await call(0).request.onDelta?.(text(' upon'));
  call(0).answer();
  await Promise.all([asked, other]);

  expect(heard).toEqual(['Once']);
});

test('who leaves in the middle is told what he has heard', async () => {
  const { call, ask } = setUp();
  const controller = new AbortController();
  const stays = ask({ onDelta: doNothing });
  const leaves = thrownBy(ask({ onDelta: doNothing, signal: controller.signal }));
  const hearsNothing = thrownBy(ask({ signal: controller.signal }));
  await nextTurn();
  await call(0).request.onDelta?.(text('Once'));
  await call(0).request.onDelta?.(text(' upon'));

  controller.abort();

  expect(await leaves).toMatchObject({ code: 'aborted', committed: true, partialText: 'Once upon' });
  expect(await hearsNothing).toMatchObject({ code: 'aborted', committed: false });
  call(0).answer();
  await stays;
});

test('what one listener throws comes out of his request, and the others go on', async () => {
  const { call, ask } = setUp();
  const thrown = { my: 'own' };
  const throwing = (): never => {
    throw thrown;
  };
  const other = listener();
  const asked = [thrownBy(ask({ onDelta: throwing })), ask(other)] as const;
  await nextTurn();

  await call(0).request.onDelta?.(text('Once'));

  expect(await asked[0]).toBe(thrown);
  expect(call(0).request.signal?.aborted).toBe(false);
  call(0).answer();
  await asked[1];
  expect(other.heard).toEqual(['Once']);
});

test('what the only listener throws cancels the call', async () => {
  const { call, ask } = setUp();
  const thrown = { my: 'own' };
  const asked = thrownBy(
    ask({
      onDelta: () => {
        throw thrown;
      },
    }),
  );
  await nextTurn();

  await call(0).request.onDelta?.(text('Once'));

  expect(await asked).toBe(thrown);
  expect(call(0).request.signal?.aborted).toBe(true);
});

test('a failure is shared: each gets an error of his own, and one of them what it cost', async () => {
  const { calls, call, ask } = setUp();
  const failed: Attempt = { ...attempt, outcome: 'failed', usage: { inputTokens: 5 }, possiblyBilled: true };
  const error = Object.assign(new ModelError('overloaded', { model: 'a/b' }), { attempts: [failed] });
  const asked = [thrownBy(ask()), thrownBy(ask())];
  await nextTurn();

  call(0).fail(error);
  const [first, second] = await Promise.all(asked);

  expect(first).toBe(error);
  expect(second).not.toBe(error);
  expect(second).toMatchObject({ code: 'overloaded', attempts: [{ outcome: 'skipped', model: 'a/b' }] });
  const [shared] = (second as ModelError).attempts ?? [];
  expect(shared?.id).not.toBe(failed.id); // a tracker that knows the call by its id would take it for one more
  for (const field of ['usage', 'costUsd', 'possiblyBilled']) expect(shared).not.toHaveProperty(field);
  expect(calls).toHaveLength(1);
});

test('the failure of a whole route is shared in the same way', async () => {
  const { call, ask } = setUp();
  const error = new RouteError({ errors: [new ModelError('auth', { model: 'a/b' })], attempts: [attempt], role: 'writer' });
  const asked = [thrownBy(ask()), thrownBy(ask())];
  await nextTurn();

  call(0).fail(error);
  const [first, second] = (await Promise.all(asked)) as readonly RouteError[];

  expect(first).toBe(error);
  expect(second).toMatchObject({ name: 'RouteError', code: 'auth', role: 'writer', message: error.message });
  expect(second?.attempts[0]).not.toHaveProperty('costUsd');
});

const personal: readonly (readonly [string, unknown])[] = [
  ['deadline', new ModelError('deadline_exceeded', { model: 'a/b' })],
  ['budget', Object.assign(new Error('The cap is spent.'), { action: 'stop', code: 'budget_exceeded' })],
];
test.each(personal)('the %s of the first to ask is not that of the others: they ask anew, once', async (_, error) => {
  const { calls, call, ask } = setUp();
  const first = thrownBy(ask());
  const others = [ask(), ask()];
  await nextTurn();

  call(0).fail(error);
  expect(await first).toBe(error);
  await nextTurn();

  expect(calls).toHaveLength(2);
  call(1).answer();
  expect((await Promise.all(others)).map(outcomes)).toEqual([[['answered', 0.5]], [['cache_hit', 0]]]);
});

test('who took a call over has the time that is his own: when that of the one who began it is up, he asks anew', async () => {
  const { calls, call, ask } = setUp();
  const controller = new AbortController();
  const first = thrownBy(ask({ signal: controller.signal }));
  const second = ask();
  await nextTurn();
  controller.abort();
  expect(await first).toMatchObject({ code: 'aborted', attempts: [{ outcome: 'skipped' }] });

  const late = new ModelError('deadline_exceeded', { model: 'a/b' });
  call(0).fail(Object.assign(late, { attempts: [{ ...attempt, id: '0', outcome: 'failed' }] }));
  await nextTurn();
  call(1).answer();

  expect(outcomes(await second)).toEqual([
    ['failed', 0.5],
    ['answered', 0.5],
  ]);
  expect(calls).toHaveLength(2);
});

test('of those who leave with one signal, the last is told what was spent, and the others that it was not theirs', async () => {
  const controller = new AbortController();
  const spent = new ModelError('aborted', { model: 'a/b' });
  const model: Model = ({ signal }) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(Object.assign(spent, { attempts: [attempt] }))));
  const cached = cache()(model);
  const asked = [1, 2].map(() => thrownBy(cached({ ...request, signal: controller.signal })));
  await nextTurn();

  controller.abort();

  const [first, second] = await Promise.all(asked);
  expect(first).toMatchObject({ code: 'aborted', attempts: [{ outcome: 'skipped' }] });
  expect(second).toBe(spent);
  expect(spent.attempts).toEqual([attempt]);
});

test('the deadline of the last to leave is told with what the call had cost', async () => {
  const failed = new RouteError({ errors: [new ModelError('auth', { model: 'a/b' })], attempts: [attempt] });
  const model: Model = ({ signal }) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(failed)));
  const cached = cache()(model);
  const controller = new AbortController();
  const plan = { deadlineAt: performance.now() + 5, linkDeadlineAt: 0, attemptsLeft: 1, linksLeft: 0, asked: new Set<string>() };
  const joining: PlannedRequest = { ...request, plan };
  const asked = [{ ...request, signal: controller.signal }, joining].map((one) => thrownBy(cached(one)));
  await nextTurn();
  controller.abort();

  const [, last] = await Promise.all(asked);

  expect(last).toMatchObject({ code: 'deadline_exceeded', attempts: [attempt] });
});

test('who joins a call has a deadline of his own, and is not counted among those who wait after it', async () => {
  const { call, ask } = setUp();
  const plan = { deadlineAt: performance.now() + 20, linkDeadlineAt: 0, attemptsLeft: 1, linksLeft: 0, asked: new Set<string>() };
  const joining: PlannedRequest = { ...request, plan };
  const controller = new AbortController();
  const first = thrownBy(ask({ signal: controller.signal }));
  const second = thrownBy(ask(joining));
  await nextTurn();

  expect(await second).toMatchObject({
    code: 'deadline_exceeded',
    attempts: [{ outcome: 'skipped', code: 'deadline_exceeded' }],
  });
  expect(call(0).request.signal?.aborted).toBe(false);
  controller.abort();

  await first;
  expect(call(0).request.signal?.aborted).toBe(true);
});

test('a timer that fires early lets nobody stay aboard beyond his deadline', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const { ask } = setUp();
  const plan = { deadlineAt: 20, linkDeadlineAt: 0, attemptsLeft: 1, linksLeft: 0, asked: new Set<string>() };
  const joining: PlannedRequest = { ...request, plan };
  const ended: unknown[] = [];
  void ask();
  void thrownBy(ask(joining)).then((error) => ended.push(error));

  now = 19.4;
  await vi.advanceTimersByTimeAsync(20);
  expect(ended).toEqual([]);
  now = 21;
  await vi.advanceTimersByTimeAsync(1);

  expect(ended).toMatchObject([{ code: 'deadline_exceeded' }]);
});

test('who joins a call too late has never been aboard', async () => {
  const { call, ask } = setUp();
  const plan = { deadlineAt: performance.now() - 1, linkDeadlineAt: 0, attemptsLeft: 1, linksLeft: 0, asked: new Set<string>() };
  const controller = new AbortController();
  const first = thrownBy(ask({ signal: controller.signal }));
  const late: PlannedRequest = { ...request, plan };

  expect(await thrownBy(ask(late))).toMatchObject({ code: 'deadline_exceeded' });
  controller.abort();

  await first;
  expect(call(0).request.signal?.aborted).toBe(true);
});

test('the deadline of one who joins a stream is kept with its first piece', async () => {
  const { call, ask } = setUp();
  const plan = { deadlineAt: performance.now() + 20, linkDeadlineAt: 0, attemptsLeft: 1, linksLeft: 0, asked: new Set<string>() };
  const joining: PlannedRequest = { ...request, plan, onDelta: () => void (plan.deadlineAt = Infinity) };
  const asked = [ask(listener()), ask(joining)];
  await nextTurn();
  await call(0).request.onDelta?.(text('Once'));

  await sleep(60);
  call(0).answer();

  await expect(Promise.all(asked)).resolves.toHaveLength(2);
});

test('who has heard a part of the answer does not ask anew', async () => {
  const { calls, call, ask } = setUp();
  const asked = [thrownBy(ask(listener())), thrownBy(ask(listener()))];
  await nextTurn();
  await call(0).request.onDelta?.(text('Once'));

  call(0).fail(new ModelError('deadline_exceeded', { model: 'a/b', committed: true, partialText: 'Once' }));

  expect(await asked[1]).toMatchObject({ code: 'deadline_exceeded', partialText: 'Once' });
  expect(calls).toHaveLength(1);
});

test('nobody who asks after the end gets a call that is over', async () => {
  const { calls, call, ask } = setUp();
  const asked = thrownBy(ask());
  await nextTurn();
  call(0).fail(new ModelError('network', { model: 'a/b' }));
  await asked;

  void ask();
  await nextTurn();

  expect(calls).toHaveLength(2);
});

test('a bug comes out as it is, for all', async () => {
  const { call, ask } = setUp();
  const bug = new TypeError('x is not a function');
  const asked = [thrownBy(ask()), thrownBy(ask())];
  await nextTurn();

  call(0).fail(bug);

  expect(await Promise.all(asked)).toEqual([bug, bug]);
});
