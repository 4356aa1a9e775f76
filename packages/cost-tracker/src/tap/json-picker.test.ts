import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonPicker } from './json-picker.ts';
import type { Picked, Wanted } from './wanted.ts';

/** Reads a text in pieces of such lengths, over and over. */
function pick(wanted: Wanted, text: string, lengths: readonly number[] = [Infinity]): Picked[] {
  const documents: Picked[] = [];
  const picker = new JsonPicker(wanted, (picked) => documents.push(picked));
  const bytes = new TextEncoder().encode(text);
  for (let at = 0, piece = 0; at < bytes.length; piece++) {
    const length = Math.min(lengths[piece % lengths.length] ?? 1, bytes.length - at);
    const chunk = bytes.slice(at, at + length);
    picker.push(chunk, 0, chunk.length);
    chunk.fill(0); // it is gone once it has been passed on
    at += length;
  }
  return documents;
}

const wanted: Wanted = { keep: ['usage', 'model', 'choices.finish_reason', 'x.y'], measure: ['choices.delta.content', 'said'] };
const text = JSON.stringify({
  id: 'usage',
  model: 'a "quoted" model\\',
  x: { z: { y: 1 }, y: [1, { usage: 2 }] },
  choices: [
    { index: 0, delta: { role: 'assistant', content: 'héllo' }, finish_reason: null },
    { index: 1, delta: { content: [{ text: 'ab' }] }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 1, details: { nested: [true, null, -1.5e3] } },
});

test.each([[[Infinity]], [[1]], [[2, 3, 5]], [[7]]])('what is wanted is found, in pieces of %o bytes', (lengths) => {
  const [document] = pick(wanted, text, lengths);

  expect(document?.last('model')).toBe('a "quoted" model\\');
  expect(document?.last('usage')).toEqual({ prompt_tokens: 1, details: { nested: [true, null, -1500] } });
  expect(document?.all('choices.finish_reason')).toEqual([null, 'stop']);
  expect(document?.last('x.y')).toEqual([1, { usage: 2 }]);
  expect(document?.textBytes).toBe(6 + 2);
});

test('documents follow each other, and a list at the root is one', () => {
  const documents = pick(wanted, ' {"model":"a"}\n[1,"x"]{"usage":null}  {"model":"b"}');

  expect(documents.map((document) => document.last('model'))).toEqual(['a', undefined, undefined, 'b']);
  expect(documents[2]?.all('usage')).toEqual([null]);
});

test('a document that is given up does not spoil the next', () => {
  const documents: Picked[] = [];
  const picker = new JsonPicker(wanted, (picked) => documents.push(picked));
  const push = (said: string): void => {
    const bytes = new TextEncoder().encode(said);
    picker.push(bytes, 0, bytes.length);
  };

  push('{"model":"half a te');
  expect(picker.broken).toBe(true);
  picker.reset();
  push('{"model":"whole"}');

  expect(documents.map((document) => document.last('model'))).toEqual(['whole']);
});

test('it finds what JSON.parse finds, however the bytes are cut', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const document = fc.record({ usage: value, other: value, deep: fc.record({ usage: value, model: value }) });

  fc.assert(
    fc.property(document, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), fc.boolean(), (given, lengths, spaced) => {
      const json = JSON.stringify(given, undefined, spaced ? 2 : undefined);
      const [picked] = pick({ keep: ['usage', 'deep.model'], measure: [] }, json, lengths);
      const parsed = JSON.parse(json) as typeof given;

      expect([picked?.all('usage'), picked?.all('deep.model')]).toEqual([[parsed.usage], [parsed.deep.model]]);
    }),
    { numRuns: 300 },
  );
});

test('a value that is longer than is worth keeping is let go, and what follows is found', () => {
  const [document] = pick(
    { keep: ['error', 'model'], measure: [] },
    JSON.stringify({ error: 'x'.repeat(300_000), model: 'm' }),
    [1_000],
  );

  expect(document?.last('error')).toBeUndefined();
  expect(document?.last('model')).toBe('m');
});

test('broken documents do not throw', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', ' ', 'a', '1') }),
      (broken) => void pick(wanted, broken, [3]),
    ),
  );
});
