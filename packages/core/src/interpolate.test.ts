import { expect, test } from 'vitest';
import { inputNames, interpolate, takeInputs } from './interpolate.ts';

test('repeated and adjacent placeholders are all filled in, hyphenated names too', () => {
  const text = interpolate('{topic}{topic} for {target-group} by {_me2}', { topic: 'AI', 'target-group': 'nurses', _me2: 'us' });

  expect(text).toBe('AIAI for nurses by us');
});

test('braces that are no placeholder survive unchanged', () => {
  const json = 'Answer as {"title": "x", "tags": {}} {} {123} { topic } {a b} {}}';

  expect(interpolate(json, { topic: 'AI' })).toBe(json);
  expect(inputNames(json)).toEqual([]);
});

test('a placeholder inside JSON braces is filled in', () => {
  expect(interpolate('{"title": {title}}', { title: { main: 'A' } })).toBe('{"title": {"main":"A"}}');
});

test('a doubled brace is a literal one', () => {
  expect(interpolate('{{topic}} is {topic}', { topic: 'AI' })).toBe('{topic} is AI');
  expect(inputNames('{{topic}} is {tone}')).toEqual(['tone']);
});

test('a value that contains a placeholder is never expanded again', () => {
  expect(interpolate('{topic} {secret}', { topic: '{secret} {{secret}} $1 $&', secret: 'S' })).toBe(
    '{secret} {{secret}} $1 $& S',
  );
});

test('strings are filled in as they are, everything else as JSON', () => {
  const inputs = { text: 'say "hi"', number: 1.5, yes: true, nothing: null, list: ['a', 1], object: { a: { b: null } } };

  const filled = interpolate('{text}|{number}|{yes}|{nothing}|{list}|{object}', inputs);

  expect(filled).toBe('say "hi"|1.5|true|null|["a",1]|{"a":{"b":null}}');
});

test('a missing input is named, with the place that asks for it and what was given', () => {
  const required = new Map([
    ['topic', 'description of task "research"'],
    ['tone', 'role of agent "writer"'],
  ]);

  expect(() => takeInputs({ topik: 'AI' }, required)).toThrow(
    'no input for "topic" (in the description of task "research"), "tone" (in the role of agent "writer"); given: "topik"',
  );
  expect(() => takeInputs(undefined, required)).toThrow('no inputs were given');
});

test('an input that comes from a prototype does not count as given', () => {
  expect(() => takeInputs({}, new Map([['constructor', 'goal']]))).toThrow('no input for "constructor"');
  expect(() => takeInputs({}, new Map([['__proto__', 'goal']]))).toThrow('no input for "__proto__"');
});

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

test.each([
  ['a function', { topic: () => 1 }, 'input "topic" is a function'],
  ['a date', { topic: new Date(0) }, 'input "topic" is an object (Date)'],
  ['a bigint', { topic: 1n }, 'input "topic" is 1n'],
  ['undefined', { topic: undefined }, 'input "topic" is undefined'],
  ['a number that JSON cannot say', { topic: Number.NaN }, 'input "topic" is NaN'],
  ['a value deep inside', { topic: { list: [1, { when: new Map() }] } }, 'input "topic.list[1].when" is an object (Map)'],
  ['a cycle', { topic: cyclic }, 'input "topic.self" contains itself'],
])('%s is refused, and the input named', (_what, given, message) => {
  expect(() => takeInputs(given, new Map())).toThrow(TypeError);
  expect(() => takeInputs(given, new Map())).toThrow(message);
});

test.each([[[]], ['AI'], [null], [new Map()]])('inputs that are no plain object are refused: %o', (given) => {
  expect(() => takeInputs(given, new Map())).toThrow('inputs is');
});

test('inputs are copied: a caller who changes them later changes nothing', () => {
  const given = { list: ['a'] };

  const inputs = takeInputs(given, new Map([['list', 'goal']]));
  given.list.push('b');

  expect(interpolate('{list}', inputs)).toBe('["a"]');
});
