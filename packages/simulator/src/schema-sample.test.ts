import { expect, test } from 'vitest';
import { sampleSchema } from './schema-sample.ts';

test('an object has every property, required or not', () => {
  const sample = sampleSchema({
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' }, metric: { type: 'boolean' } },
    required: ['city'],
  });

  expect(sample).toEqual({ city: 'simulated city', days: 1, metric: true });
});

test.each([
  [{ const: 7 }, 7],
  [{ enum: ['celsius', 'fahrenheit'] }, 'celsius'],
  [{ type: 'string', default: 'given' }, 'given'],
  [{ type: 'string', examples: ['shown'] }, 'shown'],
  [{ type: 'null' }, null],
  [{ type: ['integer', 'null'] }, 1],
  [{ anyOf: [{ type: 'boolean' }, { type: 'null' }] }, true],
  [{ oneOf: [{ const: 'a' }, { const: 'b' }] }, 'a'],
  [{ type: 'integer', minimum: 5 }, 5],
  [{ type: 'integer', maximum: -3 }, -3],
  [{ type: 'integer', exclusiveMinimum: 5 }, 6],
  [{ type: 'integer', minimum: 5, multipleOf: 4 }, 8],
  [{ type: 'integer', multipleOf: 0 }, 1],
  [{ type: 'number', exclusiveMinimum: 1, exclusiveMaximum: 2 }, 1.5],
  [{ type: 'number', minimum: 0, maximum: 0.5 }, 0.5],
  [{ type: 'number', exclusiveMaximum: 1 }, 0],
  [{ type: 'string', format: 'email' }, 'simulator@example.com'],
  [{ type: 'string', pattern: '^\\d{3}$' }, '123'],
  [{ type: 'string', maxLength: 4 }, 'simu'],
  [{ type: 'array', items: { type: 'integer' }, minItems: 3 }, [1, 1, 1]],
  [{ type: 'array', items: { type: 'integer' }, minItems: 2, uniqueItems: true }, [1, 2]],
  [{ type: 'array', prefixItems: [{ const: 'x' }, { type: 'integer' }] }, ['x', 1]],
  [{ type: 'array', items: { type: 'integer' }, maxItems: 0 }, []],
  [
    { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 2 },
    { key1: 1, key2: 1 },
  ],
])('%o is satisfied by %o', (schema, expected) => {
  expect(sampleSchema(schema)).toEqual(expected);
});

test('a short text is made as long as it must be', () => {
  expect(sampleSchema({ type: 'string', minLength: 40 })).toHaveLength(40);
});

test('references are followed, also when names need escaping', () => {
  const sample = sampleSchema({
    type: 'object',
    properties: { home: { $ref: '#/$defs/an~1address' }, kind: { $ref: '#/definitions/kind' } },
    $defs: { 'an/address': { type: 'object', properties: { street: { type: 'string' } }, required: ['street'] } },
    definitions: { kind: { enum: ['home'] } },
  });

  expect(sample).toEqual({ home: { street: 'simulated street' }, kind: 'home' });
});

test('allOf is one schema with all its parts', () => {
  const sample = sampleSchema({
    allOf: [
      { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
      { properties: { b: { type: 'boolean' } }, required: ['b'] },
    ],
  });

  expect(sample).toEqual({ a: 1, b: true });
});

test('a choice keeps the constraints beside it', () => {
  const sample = sampleSchema({
    type: 'object',
    properties: { id: { type: 'integer' } },
    required: ['id'],
    anyOf: [{ properties: { name: { type: 'string' } }, required: ['name'] }],
  });

  expect(sample).toEqual({ id: 1, name: 'simulated name' });
});

test('a schema that contains itself ends where it may', () => {
  const sample = sampleSchema({
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
        required: ['value', 'next'],
      },
    },
  });

  expect(JSON.stringify(sample)).toMatch(/"next":null/);
});

test.each([
  { $ref: '#' },
  { allOf: [{ $ref: '#' }] },
  { type: 'object', properties: { self: { $ref: '#' } }, required: ['self'] },
  { type: 'array', items: { $ref: '#' }, minItems: 1 },
  { type: 'string', pattern: '([' },
  { $ref: '#/nowhere/%E0%A4%A' },
  'not a schema',
  undefined,
])('%o, which nothing satisfies or which is no schema, is answered all the same', (schema) => {
  expect(() => JSON.stringify(sampleSchema(schema))).not.toThrow();
});

test('the caller may choose what strings say', () => {
  const sample = sampleSchema({ properties: { query: { type: 'string' } } }, { textFor: (name) => `the ${name}` });

  expect(sample).toEqual({ query: 'the query' });
});
