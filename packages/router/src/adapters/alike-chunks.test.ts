import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AlikeChunks } from './alike-chunks.ts';

const chunk = (text: string, more: object = {}): string => JSON.stringify({ id: 'c1', said: { text }, ...more, end: null });
const isText = (parsed: unknown, text: string): boolean => (parsed as { said?: { text?: unknown } }).said?.text === text;
const make = () => new AlikeChunks(isText);

test('nothing is told of a stream before one of its chunks was parsed', () => {
  expect(make().textOf(chunk('Hi'))).toBeUndefined();
});

test('a chunk that differs in its text alone is told by it', () => {
  const chunks = make();

  chunks.learn(chunk('The'), 'The');

  expect(chunks.textOf(chunk(' tide 🌊'))).toBe(' tide 🌊');
  expect(chunks.textOf(chunk(''))).toBe('');
});

test.each([
  ['in what stands before its text', chunk('Hi').replace('c1', 'c2')],
  ['in what stands behind it', chunk('Hi', { finish: 'stop' })],
  ['in its text and has an escape there', chunk('a\nb')],
  ['in its text, which ends early', chunk('a","b":"c')],
  ['in that it is no more than the frame', '{"id":"c1","said":{"text":"'],
])('a chunk that differs %s must be parsed', (_, other) => {
  const chunks = make();

  chunks.learn(chunk('The'), 'The');

  expect(chunks.textOf(other)).toBeUndefined();
});

test('what merely looks like the text of a chunk is not taken for it', () => {
  const chunks = make();

  chunks.learn('{"said":{"text":"end"},"at":"end"}', 'end');

  expect(chunks.textOf('{"said":{"text":"end"},"at":"Hi"}')).toBeUndefined();
});

test('a stream whose chunks all differ in more is left alone after three of them', () => {
  const chunks = make();

  for (const at of [1, 2, 3]) chunks.learn('no JSON', `no${at}`);
  chunks.learn(chunk('The'), 'The');

  expect(chunks.textOf(chunk('Hi'))).toBeUndefined();
});

test('tells what a parser would, of any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (first, second) => {
      const chunks = make();

      chunks.learn(chunk(first), first);
      const told = chunks.textOf(chunk(second));

      if (told !== undefined) expect(told).toBe((JSON.parse(chunk(second)) as { said: { text: string } }).said.text);
    }),
    { numRuns: 2_000 },
  );
});
