import type { Model } from '@rolecall/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Chain, createChains, type FallbackLists, type Link } from './chain.ts';

const model: Model = () => Promise.reject(new Error('nobody is asked here'));
const linksOf = (...names: readonly string[]): ReadonlyMap<string, Link> => new Map(names.map((name) => [name, { name, model }]));
const lists = (record: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, readonly string[]> =>
  new Map(Object.entries(record));
const namesOf = (chain: Chain | undefined): readonly string[] | undefined => chain?.map(({ name }) => name);
const chains = (given: Partial<FallbackLists>): ReturnType<typeof createChains> =>
  createChains(linksOf('a', 'b', 'c', 'd', 'e'), {
    general: lists({}),
    contextWindow: undefined,
    contentPolicy: undefined,
    ...given,
  });

test('a named model is followed by its fallbacks, each followed by its own', () => {
  const { of } = chains({ general: lists({ a: ['b', 'd'], b: ['c'], d: ['e'] }) });

  expect(namesOf(of(['a']))).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('several names are just these', () => {
  expect(namesOf(chains({ general: lists({ a: ['c'] }) }).of(['a', 'b']))).toEqual(['a', 'b']);
});

test("'*' stands in for who is asked first and has no list of its own, and for nobody else", () => {
  const { of } = chains({ general: lists({ a: ['b'], '*': ['d', 'c'] }) });

  expect(namesOf(of(['a']))).toEqual(['a', 'b']);
  expect(namesOf(of(['c']))).toEqual(['c', 'd']);
});

test('a step knows where the chain goes on when its own fallbacks do not stand in for it', () => {
  const chain = chains({ general: lists({ a: ['b', 'd'], b: ['c'] }) }).of(['a']);

  expect(chain.map(({ name, after }) => [name, after])).toEqual([
    ['a', 4],
    ['b', 3],
    ['c', 3],
    ['d', 4],
  ]);
});

test('fallbacks of a request replace all but the first', () => {
  const { of, asRequested } = chains({ general: lists({ a: ['b'] }) });

  expect(namesOf(asRequested(of(['a']), ['c', 'a', { model: 'd' }, 'c']))).toEqual(['a', 'c', 'd']);
  expect(namesOf(asRequested(of(['a']), false))).toEqual(['a']);
});

test('a list for long prompts replaces the rest where it names the model, and rules out the others', () => {
  const { of, insteadOf } = chains({ general: lists({ a: ['b'] }), contextWindow: lists({ a: ['c'], c: ['d'] }) });
  const [a, b] = of(['a']);
  const [listed] = of(['b', 'e']);

  expect(namesOf(a && insteadOf(a, 'context_too_long'))).toEqual(['c']);
  expect(a && insteadOf(a, 'content_filtered')).toBeUndefined();
  expect(a && insteadOf(a, 'network')).toBeUndefined();
  expect(b && insteadOf(b, 'context_too_long')).toEqual([]);
  expect(listed && insteadOf(listed, 'context_too_long')).toBeUndefined(); // somebody wrote that list for just this role
});

test('stand-ins for long prompts are followed by their own general fallbacks', () => {
  const { of, insteadOf } = chains({ general: lists({ c: ['e'] }), contextWindow: lists({ '*': ['c'] }) });
  const [a] = of(['a']);

  expect(namesOf(a && insteadOf(a, 'context_too_long'))).toEqual(['c', 'e']);
});

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const anyLists = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', '*'), fc.uniqueArray(name, { minLength: 1 }));

test('property: whatever points at what, a chain ends, names nobody twice, and goes on behind itself', () => {
  fc.assert(
    fc.property(anyLists, name, (general, head) => {
      const chain = chains({ general: lists(general) }).of([head]);

      expect(chain[0]?.name).toBe(head);
      expect(new Set(namesOf(chain)).size).toBe(chain.length);
      for (const [index, { after }] of chain.entries()) {
        expect(after).toBeGreaterThan(index);
        expect(after).toBeLessThanOrEqual(chain.length);
      }
    }),
  );
});
