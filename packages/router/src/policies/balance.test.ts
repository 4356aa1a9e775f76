import type { Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { compose } from '../compose.ts';
import { ModelError, type ModelErrorCode } from '../errors.ts';
import type { Plan, PlannedRequest } from '../plan.ts';
import { balance } from './balance.ts';
import type { Circuit } from './circuit.ts';
import { cooldown } from './cooldown.ts';
import { limit, type LimitOptions } from './limit.ts';
import type { Member } from './member.ts';

await import('p-retry'); // which retries load when they are needed: a test's own clock does not wait for that

const request: ModelRequest = { messages: [] };
const answer: ModelResponse = { model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };
const failure = (code: ModelErrorCode, retryAfterMs?: number): ModelError => new ModelError(code, { model: 'a/b', retryAfterMs });
const planned = (linksLeft = 0): PlannedRequest & { plan: Plan } => {
  const deadlineAt = performance.now() + 600_000;
  return { messages: [], plan: { deadlineAt, linkDeadlineAt: deadlineAt, attemptsLeft: 6, linksLeft, asked: new Set() } };
};

const avoiding = (...ids: string[]): PlannedRequest => ({ messages: [], avoid: new Set(ids) });
const backend = (id: string): Model => Object.assign(async () => answer, { id, acceptsPrefill: true });

/** Deployments that say who they are, and fail for as long as there are errors in their list. */
class Bench {
  readonly calls: string[] = [];
  readonly errors = new Map<string, Error[]>();
  readonly #limits: LimitOptions;

  constructor(limits: LimitOptions = {}) {
    this.#limits = limits;
  }

  member(id: string, more: Partial<Member> = {}): Member {
    const answering: Model = async () => {
      this.calls.push(id);
      const error = this.errors.get(id)?.shift();
      if (error) throw error;
      return { ...answer, text: id };
    };
    return { id, model: compose(cooldown({ cooldownMs: 5_000 }, { members: 2 }), limit(this.#limits))(answering), ...more };
  }

  async fail(model: Model, error: Error, asked: ModelRequest = request): Promise<unknown> {
    for (const id of ['a', 'b', 'c']) this.errors.set(id, [error]);
    const outcome: unknown = await model(asked).catch((thrown: unknown) => thrown);
    this.errors.clear();
    return outcome;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test.each([1, 2, 3, 4, 5])('a member that becomes free at the %d. look is asked, or said to be busy', async (looks) => {
  let looked = 0;
  const circuit = { availableInMs: () => (++looked < looks ? 1 : 0), lasting: false, lastError: undefined } as unknown as Circuit;
  const model = balance([{ id: 'a', model: Object.assign(backend('x/a'), { circuit }) }]);

  const passed = model.passOver(planned(1));
  looked = 0;
  const outcome: unknown = await model(planned(1)).catch((error: unknown) => error);

  expect(passed?.code ?? 'asked').toMatch(/^(?:asked|rate_limited)$/);
  expect(outcome).toMatchObject(
    ModelError.isInstance(outcome) ? { code: 'rate_limited', attempts: [{ deployment: 'a' }] } : answer,
  );
});

test('one member alone is asked as if it stood there itself', async () => {
  const only = Object.assign(vi.fn<Model>().mockResolvedValue(answer), { id: 'openai/gpt-4o', acceptsPrefill: true });
  const model = balance([{ id: 'a', model: only }]);

  await expect(model(request)).resolves.toBe(answer);
  expect(only).toHaveBeenCalledExactlyOnceWith(request);
  expect({ ...model }).toMatchObject({ id: 'openai/gpt-4o', acceptsPrefill: true });
});

test('of several members it says what all of them say', () => {
  const alike = balance([{ id: 'a', model: backend('x/y') }, { id: 'b', model: backend('x/y') }]); // prettier-ignore
  const different = balance([{ id: 'a', model: backend('x/y') }, { id: 'b', model: backend('x/z') }]); // prettier-ignore

  expect(alike.id).toBe('x/y');
  expect(different.id).toBeUndefined();
  expect({ ...different }).toMatchObject({ acceptsPrefill: true });
});

test('after one 429 every request goes to the other, for as long as the first cools down', async () => {
  const bench = new Bench();
  const model = balance([bench.member('a', { order: 1 }), bench.member('b', { order: 2 })]);
  await bench.fail(model, failure('rate_limited'));

  for (let n = 0; n < 20; n++) await model(request);
  expect(bench.calls.slice(1)).toEqual(Array.from({ length: 20 }, () => 'b'));
  vi.advanceTimersByTime(5_000);
  await model(request);

  expect(bench.calls.at(-1)).toBe('a');
});

test('a higher order is asked only when each lower one failed on this request or is cooling down', async () => {
  const bench = new Bench();
  const model = balance([bench.member('a'), bench.member('b'), bench.member('c', { order: 2 })]);
  const asked = planned();
  for (const id of ['a', 'b']) bench.errors.set(id, [failure('overloaded')]);

  await model(asked).catch(() => undefined);
  await model(asked).catch(() => undefined);
  await model(asked);
  await model(planned());

  expect(bench.calls.slice(0, 2).toSorted()).toEqual(['a', 'b']);
  expect(bench.calls[2]).toBe('c');
  expect(bench.calls[3]).not.toBe('c');
});

test('a retry that knows who failed goes to another, without a plan as well', async () => {
  const bench = new Bench();
  const model = balance([bench.member('a'), bench.member('b'), bench.member('c')]);

  for (let n = 0; n < 20; n++) await model(avoiding('a', 'c'));

  expect(new Set(bench.calls)).toEqual(new Set(['b']));
});

test('who timed out on a request is avoided while others remain', async () => {
  const bench = new Bench();
  const model = balance([bench.member('a'), bench.member('b')]);
  const asked = planned();
  asked.plan.tried = new Set(['a', 'b']);
  asked.plan.asked.add('a');

  for (let n = 0; n < 20; n++) await model(asked);

  expect(new Set(bench.calls)).toEqual(new Set(['b']));
});

test('it knows whether a retry could go to somebody else at once', async () => {
  const bench = new Bench();
  const model = balance([bench.member('a'), bench.member('b')]);

  expect(model.hasPeer(request)).toBe(false); // nobody knows what it tried
  expect(model.hasPeer(avoiding('a'))).toBe(true);
  expect(model.hasPeer(avoiding('a', 'b'))).toBe(false);
  await bench.fail(model, failure('auth'));

  expect(model.hasPeer(avoiding('a', 'b'))).toBe(false);
  expect(model.hasPeer(avoiding(bench.calls[0] === 'a' ? 'b' : 'a'))).toBe(false);
});

test.each(['auth', 'rate_limited'] as const)(
  'when all are cooling down after %s nobody is asked, and the error says how long',
  async (code) => {
    const bench = new Bench();
    const model = balance([bench.member('a'), bench.member('b')], { name: 'gpt-4' });
    await bench.fail(model, failure(code));
    vi.advanceTimersByTime(2_000);
    await bench.fail(model, failure(code));

    await expect(model(request)).rejects.toMatchObject({
      code: 'rate_limited',
      status: 429,
      retryAfterMs: 3_000,
      unasked: true,
      reason: 'every deployment of "gpt-4" is cooling down; try again in 3.0 s',
      attempts: [
        {
          outcome: 'skipped',
          name: 'gpt-4',
          deployment: 'a',
          code,
          reason: expect.stringContaining('a is cooling down for') as string,
        },
        { outcome: 'skipped', name: 'gpt-4', deployment: 'b', code, reason: expect.stringContaining(`after ${code}`) as string },
      ],
    });
    expect(bench.calls).toHaveLength(2);
  },
);

test('the last one is asked although it is cooling down, if it failed for a passing reason', async () => {
  const bench = new Bench();
  const model = balance([bench.member('a')]);
  for (let n = 0; n < 5; n++) await bench.fail(model, failure('overloaded'));

  await expect(model(request)).resolves.toMatchObject({ text: 'a' });
  await expect(model(request)).resolves.toMatchObject({ text: 'a' });
});

test('but not while another link of the chain is left, nor when the provider said how long to wait', async () => {
  const bench = new Bench();
  const model = balance([bench.member('a')]);
  for (let n = 0; n < 5; n++) await bench.fail(model, failure('overloaded'));
  await expect(model(planned(1))).rejects.toMatchObject({ code: 'rate_limited', unasked: true });

  await bench.fail(model, failure('overloaded', 60_000));

  await expect(model(planned())).rejects.toMatchObject({ code: 'rate_limited', unasked: true });
});

test('a member at its limit is passed over; when all are, the request waits for the soonest', async () => {
  const bench = new Bench({ rpm: 1 });
  const model = balance([bench.member('a'), bench.member('b')]);
  await model(request);
  vi.advanceTimersByTime(10_000);
  await model(request);
  expect(bench.calls.toSorted()).toEqual(['a', 'b']);

  const waiting = model(request);
  await vi.advanceTimersByTimeAsync(50_250);

  await expect(waiting).resolves.toMatchObject({ text: bench.calls[0] });
});

test('when nobody would take it in time, the error says when there is room', async () => {
  const bench = new Bench({ rpm: 1, maxQueueMs: 0 });
  const model = balance([bench.member('a'), bench.member('b')], { name: 'gpt-4' });
  await model(request);
  await model(request);

  await expect(model(request)).rejects.toMatchObject({
    code: 'rate_limited',
    unasked: true,
    retryAfterMs: expect.closeTo(60_125, -3) as number,
    reason: expect.stringMatching(/^every deployment of "gpt-4" is at its limit; try again in 60/) as string,
  });
});

test('a tagged request does not spill over to others while its own are cooling down', async () => {
  const bench = new Bench();
  const model = balance([bench.member('a', { tags: ['paid'] }), bench.member('b', { tags: ['default'] })]);
  const paid = { messages: [], labels: { tags: ['paid'] } };
  await bench.fail(model, failure('auth'), paid);

  await expect(model(paid)).rejects.toMatchObject({
    reason: expect.stringContaining('that suits this request is cooling down') as string,
  });
  expect(bench.calls).toEqual(['a']);
});

test('requests with the same affinity key go to the same member, and to the same other one while that is away', async () => {
  const bench = new Bench();
  const model = balance(['a', 'b', 'c'].map((id) => bench.member(id)));
  const sticky = { messages: [], affinity: 'session-1' };
  for (let n = 0; n < 20; n++) await model(sticky);
  const [home] = bench.calls;
  expect(new Set(bench.calls).size).toBe(1);

  await bench.fail(model, failure('auth'), sticky);
  bench.calls.length = 0;
  for (let n = 0; n < 20; n++) await model(sticky);

  expect(new Set(bench.calls).size).toBe(1);
  expect(bench.calls).not.toContain(home);
});

test('rank says who would be asked and why the others would not, and changes nothing', async () => {
  const bench = new Bench({ rpm: 1 });
  const small = bench.member('small', { maxInputTokens: 1, weight: 1 });
  const model = balance([
    bench.member('a', { weight: 1 }),
    small,
    bench.member('b', { weight: 9 }),
    bench.member('c', { order: 2 }),
  ]);
  const asked: ModelRequest = { messages: [{ role: 'user', content: 'Who are you?' }] };
  expect(model.rank(asked)).toEqual([
    { id: 'b', pick: true, why: 'lots are drawn, weight 9' },
    { id: 'a', pick: false, why: 'lots are drawn, weight 1' },
    { id: 'c', pick: false, why: 'lots are drawn, weight 0' },
    { id: 'small', pick: false, why: 'about 7 tokens, and small takes 1', code: 'context_too_long' },
  ]);

  await model({ ...asked, avoid: new Set(['a']) } as PlannedRequest);
  await bench.fail(model, failure('auth'), asked);

  expect(model.rank(asked).map(({ id, pick, why }) => `${id} ${pick}: ${why}`)).toEqual([
    'c true: lots are drawn, weight 0',
    'b false: b is at its limit for 60.3 s',
    'a false: a is cooling down for 5.0 s after auth',
    'small false: about 7 tokens, and small takes 1',
  ]);
  expect(bench.calls).toEqual(['b', 'a']);
});

test('rank tells of a wait, and of a last resort', async () => {
  const limited = new Bench({ rpm: 1 });
  const waiting = balance([limited.member('a')]);
  await waiting(request);
  expect(waiting.rank(request)).toEqual([{ id: 'a', pick: true, why: 'a is at its limit for 60.3 s; the request would wait' }]);

  const bench = new Bench();
  const failing = balance([bench.member('a')]);
  for (let n = 0; n < 5; n++) await bench.fail(failing, failure('network'));

  expect(failing.rank(request)).toEqual([
    { id: 'a', pick: true, why: 'a is cooling down for 5.0 s after network; asked all the same, as nobody else is left' },
  ]);
  expect(failing.rank(planned(1))[0]?.pick).toBe(false);
});

test('an unknown strategy is refused with the list of those there are', () => {
  expect(() => balance([new Bench().member('a')], { strategy: 'latency' as never })).toThrow(
    /strategy is "latency"; it must be one of simple-shuffle, least-busy, latency-based-routing, cost-based-routing, usage-based-routing/,
  );
});

test.each([
  [[], /members is an empty list/],
  [[{ id: 'a' }], /members\[0\]\.model is undefined; it must be a model/],
  [[{ model: async () => answer }], /members\[0\]\.id is undefined/],
  [[{ id: 'a', model: async () => answer, weight: -1 }], /members\[0\]\.weight is -1/],
  [[{ id: 'a', model: async () => answer, tags: 'paid' }], /members\[0\]\.tags is "paid"; it must be a list of strings/],
  [
    [
      { id: 'a', model: async () => answer },
      { id: 'a', model: async () => answer },
    ],
    /members\[1\]\.id is "a"; it must be one that no other/,
  ],
])('members such as %j are refused', (members, message) => {
  expect(() => balance(members as never)).toThrow(message);
});
