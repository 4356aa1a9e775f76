import type { Attempt, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { ModelError, RouteError } from '../errors.ts';
import { balance } from './balance.ts';
import { split, type Variant } from './split.ts';

const request: ModelRequest = { messages: [] };
const attempt: Attempt = { id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 5, outcome: 'answered' };
const answering = (text: string): Model =>
  vi.fn<Model>(async () => ({ model: 'a/b', text, toolCalls: [], finishReason: 'stop', usage: {}, attempts: [attempt] }));
const of = (weights: Readonly<Record<string, number>>): Record<string, Variant> =>
  Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, { model: answering(name), weight }]));
const users = Array.from({ length: 10_000 }, (_, index) => ({ ...request, affinity: `user-${index}` }));

test('weights are shares of the keys', () => {
  const { variantOf } = split(of({ control: 9, candidate: 1 }));

  const candidates = users.filter((user) => variantOf(user) === 'candidate').length;

  expect(candidates).toBeGreaterThan(850);
  expect(candidates).toBeLessThan(1_150);
});

test('requests without a key draw their variant by weight', async () => {
  const variants = of({ control: 3, candidate: 1 });
  const model = split(variants);

  for (let index = 0; index < 2_000; index++) await model(request);

  const count = vi.mocked(variants['candidate']?.model as Model).mock.calls.length;
  expect(count).toBeGreaterThan(400);
  expect(count).toBeLessThan(600);
  expect(model.variantOf(request)).toBeUndefined();
});

test('whatever the weights, every key has one variant, always the same, and never one of weight 0', () => {
  const weight = fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 1e6, noNaN: true }));
  const weights = fc.dictionary(fc.string({ minLength: 1 }), weight, { minKeys: 1, maxKeys: 5, noNullPrototype: true });
  fc.assert(
    fc.property(weights, fc.string(), (shares, affinity) => {
      fc.pre(Object.values(shares).some((share) => share > 0));

      const chosen = split(of(shares)).variantOf({ ...request, affinity });

      expect(shares[chosen as string]).toBeGreaterThan(0);
      expect(split(of(shares)).variantOf({ ...request, affinity })).toBe(chosen);
    }),
  );
});

test('raising a weight takes nobody from the variant that grows', () => {
  const [before, after] = [split(of({ candidate: 1, control: 9 })), split(of({ candidate: 2, control: 8 }))];

  const candidates = users.filter((user) => before.variantOf(user) === 'candidate');

  expect(candidates.every((user) => after.variantOf(user) === 'candidate')).toBe(true);
});

test('who is in one experiment is not for that in the next', () => {
  const [first, second] = [split(of({ a: 1, b: 1 })), split(of({ c: 1, d: 1 }))];

  const both = users.filter((user) => first.variantOf(user) === 'a' && second.variantOf(user) === 'c').length;

  expect(both).toBeGreaterThan(2_200);
  expect(both).toBeLessThan(2_800);
});

test('the affinity decides, and without one the workflow', async () => {
  const model = split(of({ a: 1, b: 1 }));
  const labels = { workflow: 'user-2' };

  expect(model.variantOf({ ...request, labels })).toBe(model.variantOf({ ...request, affinity: 'user-2' }));
  for (const user of users.slice(0, 20)) {
    expect(model.variantOf({ ...user, labels })).toBe(model.variantOf(user));
    expect((await model(user)).text).toBe(model.variantOf(user));
  }
});

test('the variant is a tag of the request below, and stands on every attempt', async () => {
  const variants = of({ candidate: 1 });
  const labels = { workflow: 'post-1', tags: ['beta'] };

  const response = await split(variants)({ ...request, labels });

  expect(response.attempts).toEqual([{ ...attempt, variant: 'candidate' }]);
  expect(variants['candidate']?.model).toHaveBeenCalledExactlyOnceWith({
    ...request,
    labels: { workflow: 'post-1', tags: ['beta', 'variant:candidate'] },
  });
});

test('the tag of a variant chooses no deployment', async () => {
  const [paid, untagged] = [answering('paid'), answering('untagged')];
  const pool = balance([
    { id: 'paid', model: paid, tags: ['paid'] },
    { id: 'untagged', model: untagged },
  ]);
  const parted = split({ a: { model: pool, weight: 1 } });

  expect((await parted({ ...request, labels: { tags: ['paid'] } })).text).toBe('paid');
  for (let index = 0; index < 50; index++) await parted(request);

  expect(untagged).toHaveBeenCalled();
});

test('an answer without attempts is passed on as it is', async () => {
  const answer: ModelResponse = { model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} };

  await expect(split({ a: { model: async () => answer, weight: 1 } })(request)).resolves.toBe(answer);
});

const failures: readonly (readonly [string, Error])[] = [
  ['a call', Object.assign(new ModelError('auth', { model: 'a/b' }), { attempts: [attempt] })],
  ['a route', new RouteError({ errors: [new ModelError('auth', { model: 'a/b' })], attempts: [attempt] })],
  ['a budget', Object.assign(new Error('spent'), { action: 'stop', attempts: [attempt] })],
];
test.each(failures)('the attempts of %s that failed say it, too', async (_, error) => {
  const model = split({ a: { model: vi.fn<Model>().mockRejectedValue(error), weight: 1 } });

  await expect(model(request)).rejects.toBe(error);
  expect(error).toMatchObject({ attempts: [{ variant: 'a' }] });
});

test('a bug comes out untouched', async () => {
  const bug = Object.freeze(new TypeError('x is not a function'));

  await expect(split({ a: { model: vi.fn<Model>().mockRejectedValue(bug), weight: 1 } })(request)).rejects.toBe(bug);
});

test('an objection of one variant is that of all', () => {
  const picky = Object.assign(answering('b'), { check: () => 'b says no' });
  const model = split({ a: { model: answering('a'), weight: 1 }, b: { model: picky, weight: 1 } });

  expect(model.check?.({ role: 'writer' })).toBe('b says no');
  expect(split(of({ a: 1 })).check?.({})).toBeUndefined();
});

const model = answering('a');
const wrong: readonly (readonly [unknown, string])[] = [
  [undefined, 'split: variants is undefined; it must be an object.'],
  [{}, 'split: at least one variant must have a weight above 0.'],
  [{ a: { model, weight: 0 } }, 'split: at least one variant must have a weight above 0.'],
  [{ a: model }, 'split: a is a function; it must be an object with a model and a weight.'],
  [{ a: { model, weight: -1 } }, 'split: a.weight is -1; it must be a finite number of at least 0.'],
  [{ a: { model, weight: '9' } }, 'split: a.weight is "9"; it must be'],
  [{ a: { model, weight: Infinity } }, 'split: a.weight is Infinity; it must be'],
  [{ a: { model: 'gpt-4', weight: 1 } }, 'split: a.model is "gpt-4"; it must be a model.'],
  [{ a: { model, weight: 1, wieght: 2 } }, 'split: a has no option "wieght"; it has: model, weight. Did you mean "weight"?'],
];
test.each(wrong)('%j is refused', (variants, message) => {
  expect(() => split(variants as Record<string, Variant>)).toThrow(message);
});
