import type { ModelRequest } from '@rolecall/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, requestKey } from './canonical-key.ts';

const request: ModelRequest = {
  messages: [{ role: 'user', content: 'Who are you?' }],
  tools: [{ name: 'search', parameters: { type: 'object', properties: { query: { type: 'string' } } } }],
  toolChoice: 'auto',
  outputSchema: { name: 'answer', schema: { type: 'object' } },
  settings: { temperature: 0, seed: 1 },
  providerOptions: { openai: { user: 'a' } },
};
const keyOf = (changes: Partial<ModelRequest> = {}, asked: unknown = 'openai/gpt-4o'): string =>
  requestKey({ ...request, ...changes }, asked);

/** The same value with the keys of every object the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, field]) => [key, turned(field)]),
  );
}

test('the order in which keys were written changes nothing, and the text is JSON of the same value, and so of no other', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);

      expect(canonicalJson(turned(value))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('what is undefined is left out, as JSON does', () => {
  expect(canonicalJson({ b: undefined, a: [undefined, 1] })).toBe('{"a":[null,1]}');
  expect(keyOf({ settings: { temperature: 0, seed: 1, topP: undefined } })).toBe(keyOf());
});

const changes: readonly (readonly [string, Partial<ModelRequest>])[] = [
  ['messages', { messages: [{ role: 'user', content: 'Who are you' }] }],
  ['their roles', { messages: [{ role: 'system', content: 'Who are you?' }] }],
  ['tools', { tools: [] }],
  ['toolChoice', { toolChoice: 'none' }],
  ['outputSchema', { outputSchema: undefined }],
  ['settings', { settings: { temperature: 0, seed: 2 } }],
  ['providerOptions', { providerOptions: { openai: { user: 'b' } } }],
];
test.each(changes)('other %s, other key', (_, change) => {
  expect(keyOf(change)).not.toBe(keyOf());
});

test('who would answer is part of the key', () => {
  expect(keyOf({}, 'openai/gpt-4')).not.toBe(keyOf());
});

const irrelevant: readonly (readonly [string, Partial<ModelRequest>])[] = [
  ['labels', { labels: { workflow: 'post-1' } }],
  ['a signal', { signal: new AbortController().signal }],
  ['a listener', { onDelta: () => undefined }],
  ['a deadline', { deadlineMs: 5 }],
  ['an affinity', { affinity: 'user-1' }],
];
test.each(irrelevant)('%s makes no difference', (_, change) => {
  expect(keyOf(change)).toBe(keyOf());
});
