import type { Model, ModelRequest, ModelResponse } from '@rolecall/core';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ModelError } from '../../errors.ts';
import { balance, type BalancedModel } from '../balance.ts';
import { cooldown } from '../cooldown.ts';
import type { Member } from '../member.ts';

const request: ModelRequest = { messages: [] };
const answer: ModelResponse = { model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };

/** Deployments that answer with their id after a time, and count their calls. */
function member(id: string, more: Partial<Member> = {}, durationMs: () => number = () => 0, tokens?: number): Member {
  const model: Model = async () => {
    const ms = durationMs();
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    return { ...answer, text: id, usage: { outputTokens: tokens } };
  };
  return { id, model, ...more };
}

const prices = (inputUsdPerMillion: number, outputUsdPerMillion: number): Partial<Member> => ({
  inputUsdPerMillion,
  outputUsdPerMillion,
});

const streaming = (id: string, firstTokenMs: number, durationMs: number): Member => {
  const attempt = { id, model: 'a/b', startedAt: 0, waitMs: 0, durationMs, firstTokenMs, outcome: 'answered' as const };
  return { id, model: async () => ({ ...answer, text: id, attempts: [attempt] }) };
};

const failingAfter =
  (code: 'attempt_timeout' | 'network', ms: number): Model =>
  async () => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    throw new ModelError(code, { model: 'a/b' });
  };

async function ask(model: Model, times: number, asked: ModelRequest = request): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let n = 0; n < times; n++) {
    const answered = model(asked);
    await vi.runAllTimersAsync();
    const { text } = await answered;
    counts[text] = (counts[text] ?? 0) + 1;
  }
  return counts;
}

/** Random numbers that are the same in each run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockImplementation(seeded(42));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test.each([
  ['weight', 9, 1],
  ['rpm', 900, 100],
  ['tpm', 90_000, 10_000],
] as const)('simple-shuffle by %s: of 1000 requests 900 go to %i, 100 to %i', async (measure, much, little) => {
  const model = balance([member('a', { [measure]: much }), member('b', { [measure]: little })]);

  const { a = 0 } = await ask(model, 1_000);

  expect(a).toBeGreaterThanOrEqual(860);
  expect(a).toBeLessThanOrEqual(940);
});

test('simple-shuffle without weights is even', async () => {
  const { a = 0 } = await ask(balance([member('a'), member('b')]), 1_000);

  expect(a).toBeGreaterThanOrEqual(440);
  expect(a).toBeLessThanOrEqual(560);
});

test('simple-shuffle: with a weight on the second only the first counts 0, and is asked when the second cannot be', async () => {
  const failing = cooldown()(async () => await Promise.reject(new ModelError('auth', { model: 'a/b' })));
  const weighted = balance([member('a'), member('b', { weight: 5 })]);
  await expect(ask(weighted, 200)).resolves.toEqual({ b: 200 });

  const model = balance([member('a'), { id: 'b', model: failing, weight: 5 }]);
  await model(request).catch(() => undefined);

  await expect(ask(model, 20)).resolves.toEqual({ a: 20 });
});

test('simple-shuffle follows any weights', async () => {
  const weights = fc
    .array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 5 })
    .filter((list) => list.some((weight) => weight > 0));
  await fc.assert(
    fc.asyncProperty(weights, fc.nat(), async (list, seed) => {
      vi.spyOn(Math, 'random').mockImplementation(seeded(seed));
      const model = balance(list.map((weight, index) => member(String(index), { weight })));
      const counts: Record<string, number> = {};
      for (let n = 0; n < 2_000; n++) {
        const { text } = await model(request);
        counts[text] = (counts[text] ?? 0) + 1;
      }
      const total = list.reduce((sum, weight) => sum + weight, 0);
      for (const [index, weight] of list.entries()) {
        const deviation = Math.abs((counts[index] ?? 0) / 2_000 - weight / total);
        expect(deviation).toBeLessThan(weight === 0 ? 1e-9 : 0.06);
      }
    }),
    { numRuns: 20 },
  );
});

test('least-busy: with three hanging on the first the next goes to the second, and if that is cooling down to the next least busy', async () => {
  const calls: string[] = [];
  const hanging =
    (id: string): Model =>
    async () => {
      calls.push(id);
      return await new Promise(() => undefined);
    };
  const failing = cooldown()(async () => await Promise.reject(new ModelError('auth', { model: 'a/b' })));
  const model = balance([{ id: 'a', model: hanging('a') }, { id: 'b', model: hanging('b') }, { id: 'c', model: failing }], { strategy: 'least-busy' }); // prettier-ignore
  for (let n = 0; n < 3; n++) model(request).catch(() => undefined); // each is asked once
  await vi.advanceTimersByTimeAsync(0);
  for (let n = 0; n < 6; n++) void model(request);

  expect(calls.filter((id) => id === 'a')).toHaveLength(4);
  expect(calls.filter((id) => id === 'b')).toHaveLength(4);
  expect(model.rank(request).map(({ why }) => why).at(-1)).toContain('c is cooling down'); // prettier-ignore
});

test('least-busy counts a call until it is over, however it ends', async () => {
  const model = balance([{ id: 'a', model: async () => await Promise.reject(new Error('no')) }, member('b', { order: 2 })], {
    strategy: 'least-busy',
  });
  const asked = model(request).catch(() => undefined);
  expect(model.rank(request)[0]).toEqual({ id: 'a', pick: true, why: '1 call under way' });

  await asked;

  expect(model.rank(request)[0]).toEqual({ id: 'a', pick: true, why: '0 calls under way' });
});

test('cost-based-routing asks the cheapest whose price is known, and warns once of those whose is not', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const members = [
    member('half', { inputUsdPerMillion: 0 }),
    member('dear', prices(2.5, 10)),
    member('cheap', prices(3, 3)),
    member('none'),
  ];
  const model = balance(members, { strategy: 'cost-based-routing' });

  await expect(ask(model, 50)).resolves.toEqual({ cheap: 50 });
  expect(model.rank(request).map(({ id }) => id)).toEqual(['cheap', 'dear', 'half', 'none']);
  expect(warned).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining('no price is known for half, none') as string,
    expect.anything(),
  );
});

test('cost-based-routing takes a price of 0 for one', async () => {
  const free = member('free', { inputUsdPerMillion: 0, outputUsdPerMillion: 0 });
  const model = balance([member('a', { inputUsdPerMillion: 1, outputUsdPerMillion: 1 }), free], {
    strategy: 'cost-based-routing',
  });

  await expect(ask(model, 10)).resolves.toEqual({ free: 10 });
});

test.each(['usage-based-routing', 'usage-based-routing-v2'] as const)(
  '%s passes over who has no tokens left, and tells when all have none',
  async (strategy) => {
    const model = balance([member('a', { tpm: 100 }, undefined, 90), member('b', { tpm: 100 }, undefined, 90)], { strategy });
    const asked: ModelRequest = { messages: [{ role: 'user', content: 'x'.repeat(80) }] };
    const { text: first } = await model(asked);
    const { text: second } = await model(asked);
    expect([first, second].toSorted()).toEqual(['a', 'b']);

    await expect(model(asked)).rejects.toMatchObject({ code: 'rate_limited', status: 429, unasked: true, retryAfterMs: 60_250 });
  },
);

test('usage-based-routing heeds requests as well as tokens, and goes by the share that is used', async () => {
  const model = balance([member('a', { rpm: 10 }), member('b', { rpm: 30 })], { strategy: 'usage-based-routing' });

  await expect(ask(model, 40)).resolves.toEqual({ a: 10, b: 30 });
  await expect(model(request)).rejects.toMatchObject({ code: 'rate_limited' });
});

test('usage-based-routing without limits spreads the tokens', async () => {
  const model = balance([member('a', {}, undefined, 300), member('b', {}, undefined, 100)], { strategy: 'usage-based-routing' });

  const { a = 0, b = 0 } = await ask(model, 40);

  expect(b / a).toBeCloseTo(3, 0);
});

/** Lets time pass for each call, so that a deployment is as quick as it says. */
function timed(paces: Readonly<Record<string, () => number>>): BalancedModel {
  const members = Object.entries(paces).map(([id, ms]) => member(id, {}, ms, 10));
  return balance(members, { strategy: 'latency-based-routing' });
}

test('latency-based-routing follows: within 20 requests after one turns ten times slower, nine in ten go to the other', async () => {
  const cases = fc.record({
    base: fc.integer({ min: 50, max: 5_000 }),
    seed: fc.nat(),
    noise: fc.double({ min: 0, max: 0.3, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ base, seed, noise }) => {
      const random = seeded(seed);
      vi.spyOn(Math, 'random').mockImplementation(random);
      const pace = { a: base, b: base };
      const ms = (id: 'a' | 'b') => () => Math.round(pace[id] * (1 + noise * (random() - 0.5)));
      const model = timed({ a: ms('a'), b: ms('b') });
      await ask(model, 40);

      pace.b *= 10;
      await ask(model, 20);
      const { a = 0 } = await ask(model, 100);

      expect(a).toBeGreaterThanOrEqual(90);
    }),
    { numRuns: 25 },
  );
});

test('latency-based-routing comes back to one that is quick again', async () => {
  const pace = { a: 300, b: 3_000 };
  const model = timed({ a: () => pace.a, b: () => pace.b });
  await ask(model, 40);

  pace.b = 30;
  await ask(model, 300);

  await expect(ask(model, 20)).resolves.toMatchObject({ b: expect.toSatisfy((count: number) => count >= 19) as number });
});

test('latency-based-routing measures the time for each token, not for each answer', async () => {
  const members = [member('brief', {}, () => 1_000, 1), member('long', {}, () => 2_000, 100)];
  const model = balance(members, { strategy: 'latency-based-routing' });
  await ask(model, 2);

  await expect(ask(model, 10)).resolves.toEqual({ long: 10 });
});

test('latency-based-routing measures a stream to its first token, by what is on record', async () => {
  const members = [streaming('late', 900, 1_000), streaming('early', 100, 60_000)];
  const model = balance(members, { strategy: 'latency-based-routing' });
  const asked: ModelRequest = { messages: [], onDelta: () => undefined };
  await ask(model, 2, asked);

  await expect(ask(model, 10, asked)).resolves.toEqual({ early: 10 });
  expect(model.rank(asked)[0]).toEqual({ id: 'early', pick: true, why: '100 ms to the first token' });
});

test('latency-based-routing: one that times out is slow, one that fails quickly is not quick', async () => {
  const members = [{ id: 'hangs', model: failingAfter('attempt_timeout', 30_000) }, { id: 'fails', model: failingAfter('network', 1) }, member('ok', {}, () => 500, 10)]; // prettier-ignore
  const model = balance(members, { strategy: 'latency-based-routing' });
  for (let n = 0; n < 3; n++) {
    const asked = model(request).catch(() => undefined);
    await vi.runAllTimersAsync();
    await asked;
  }

  await expect(ask(model, 10)).resolves.toEqual({ ok: 10 });
});

test('latency-based-routing does not send everybody to one that has yet to answer its first', async () => {
  const calls: string[] = [];
  const hanging: Model = async () => {
    calls.push('hangs');
    return await new Promise(() => undefined);
  };
  const model = balance([{ id: 'hangs', model: hanging }, member('ok', {}, () => 100)], { strategy: 'latency-based-routing' });
  for (let n = 0; n < 30; n++) {
    void model(request);
    await vi.advanceTimersByTimeAsync(200);
  }

  expect(calls).toHaveLength(1);
});
