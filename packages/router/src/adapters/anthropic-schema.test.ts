import { expect, test } from 'vitest';
import { toStrictSchema } from './anthropic-schema.ts';

test('closes every object, however deep', () => {
  const leaf = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { leaf, leaves: { type: 'array', items: leaf }, either: { oneOf: [leaf, { type: 'null' }] } },
    $defs: { leaf },
  };

  const closed = { ...leaf, additionalProperties: false };
  expect(toStrictSchema(schema)).toEqual({
    type: 'object',
    properties: { leaf: closed, leaves: { type: 'array', items: closed }, either: { anyOf: [closed, { type: 'null' }] } },
    $defs: { leaf: closed },
    additionalProperties: false,
  });
});

test('moves what the API does not know into the description', () => {
  const schema = { type: 'string', description: 'A name.', minLength: 2, format: 'slug', pattern: '^[a-z]+$' };

  expect(toStrictSchema(schema)).toEqual({
    type: 'string',
    description: 'A name.\nminLength: 2\nformat: "slug"',
    pattern: '^[a-z]+$',
  });
});

test('keeps what the API knows, properties of such names included', () => {
  const schema = {
    type: 'object',
    properties: { minimum: { type: 'number' }, format: { type: 'string', format: 'date' }, tags: { type: 'array', minItems: 1 } },
    additionalProperties: false,
  };

  expect(toStrictSchema(schema)).toEqual(schema);
});
