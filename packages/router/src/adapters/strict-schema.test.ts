import type { JsonSchema } from '@rolecall/core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isStrictSchema } from './strict-schema.ts';

const closed = (properties: JsonSchema, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
});
const text = { type: 'string' };

test.each<[string, JsonSchema]>([
  ['a closed object', closed({ name: { type: 'string', description: 'Whose it is' } })],
  ['nested objects and lists', closed({ people: { type: 'array', items: closed({ name: text }), maxItems: 3 } })],
  ['a choice', closed({ size: { anyOf: [{ type: 'number', minimum: 0 }, { type: 'null' }] } })],
  ['a reference', closed({ next: { $ref: '#/$defs/next' } }, { $defs: { next: closed({ name: text }) } })],
  ['a property that has the name of a keyword', closed({ allOf: text })],
  [
    'what zod makes of an object',
    z.toJSONSchema(z.object({ title: z.string(), tags: z.array(z.enum(['a', 'b'])) })) as JsonSchema,
  ],
])('takes %s', (_, schema) => {
  expect(isStrictSchema(schema)).toBe(true);
});

test.each<[string, JsonSchema]>([
  ['an open object', { type: 'object', properties: { name: text }, required: ['name'] }],
  ['an optional property', closed({ name: text }, { required: [] })],
  ['an open object deep inside', closed({ people: { type: 'array', items: { type: 'object', properties: { name: text } } } })],
  ['an open object among choices', closed({ who: { anyOf: [text, { type: 'object' }] } })],
  [
    'an open object among definitions',
    closed({ who: { $ref: '#/$defs/who' } }, { $defs: { who: { type: ['object', 'null'] } } }),
  ],
  ['a root that is no object', { type: 'array', items: text }],
  ['a choice at the root', closed({ name: text }, { anyOf: [closed({ name: text })] })],
  ['a keyword strict mode does not know', closed({ name: { type: 'string', minLength: 1 } })],
  ['a schema that is true', closed({ anything: true })],
  ['what zod makes of an optional field', z.toJSONSchema(z.object({ title: z.string().optional() })) as JsonSchema],
])('refuses %s', (_, schema) => {
  expect(isStrictSchema(schema)).toBe(false);
});
