import type { ModelRequest } from '@rolecall/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { balance, type BalancedModel } from './balance.ts';
import type { Member } from './member.ts';

/** A deployment that says who it is. */
function member(id: string, more: Partial<Member> = {}): Member {
  const model = async () => ({ model: 'a/b', text: id, toolCalls: [], finishReason: 'stop' as const, usage: {} });
  return { id, model, ...more };
}

/** Whom a hundred such requests reach. */
async function reached(model: BalancedModel, request: ModelRequest): Promise<ReadonlySet<string>> {
  const answers = await Promise.all(Array.from({ length: 100 }, () => model(request)));
  return new Set(answers.map(({ text }) => text));
}

const tagged = (...tags: string[]): ModelRequest => ({ messages: [], labels: { tags } });
const prompt = (tokens: number): ModelRequest => ({ messages: [{ role: 'user', content: 'x'.repeat(tokens * 4) }] });
const keyless = (id: string): Member => ({
  id,
  model: Object.assign(member(id).model, { notConfigured: () => 'set OPENAI_API_KEY' }),
});

test.each([
  [['paid'], true, ['paid', 'both']],
  [['free'], true, ['free', 'both']],
  [['paid', 'free'], true, ['paid', 'free', 'both']],
  [['paid', 'free'], false, ['both']],
  [['unheard of'], true, ['default']],
  [[], true, ['default']],
])('a request tagged %j, with matchAny: %s, reaches only %j', async (tags, matchAny, expected) => {
  const own = { paid: ['paid'], free: ['free'], both: ['paid', 'free'], default: ['default'], untagged: [] };
  const members = Object.entries(own).map(([id, list]) => member(id, { tags: list }));

  await expect(reached(balance(members, { matchAny }), tagged(...tags))).resolves.toEqual(new Set(expected));
});

test('where none is the default, tags that nobody bears reach nobody, and no tags reach all', async () => {
  const model = balance([member('a', { tags: ['paid'] }), member('b')], { name: 'x' });

  await expect(model(tagged('free'))).rejects.toMatchObject({ code: 'not_found', unasked: true, attempts: { length: 2 } });
  await expect(reached(model, { messages: [] })).resolves.toEqual(new Set(['a', 'b']));
});

test('tags of a request mean nothing where no member has any', async () => {
  await expect(reached(balance([member('a')]), tagged('nightly'))).resolves.toEqual(new Set(['a']));
});

test('a member too small for the prompt is not asked; if all are, the context is too long', async () => {
  const model = balance([member('a', { maxInputTokens: 100 }), member('b', { maxInputTokens: 1_000 })], { name: 'x' });

  await expect(reached(model, prompt(500))).resolves.toEqual(new Set(['b']));
  await expect(reached(model, prompt(50))).resolves.toEqual(new Set(['a', 'b']));
  await expect(model(prompt(5_000))).rejects.toMatchObject({
    code: 'context_too_long',
    unasked: true,
    reason: 'no deployment of "x" suits this request: about 5004 tokens, and a takes 100; about 5004 tokens, and b takes 1000',
  });
});

test('a member that lacks its key is passed over, and comes into question only when all do', async () => {
  await expect(reached(balance([keyless('a'), member('b')]), prompt(1))).resolves.toEqual(new Set(['b']));
  await expect(reached(balance([keyless('a'), keyless('b')]), prompt(1))).resolves.toEqual(new Set(['a', 'b']));
});

test('affinity keys of members that are still there stay with them, whoever goes', async () => {
  const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 2, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(ids, fc.array(fc.string(), { maxLength: 10 }), async (names, keys) => {
      const all = balance(names.map((id) => member(id)));
      const fewer = balance(names.slice(1).map((id) => member(id)));
      for (const affinity of keys) {
        const { text: before } = await all({ messages: [], affinity });
        const { text: after } = await fewer({ messages: [], affinity });
        if (before !== names[0]) expect(after).toBe(before);
      }
    }),
    { numRuns: 50 },
  );
});
