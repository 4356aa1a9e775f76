import type { JsonSchema, JsonValue } from '@rolecall/core';

/** Keywords that strict mode accepts (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas). */
const supported = new Set(
  `type properties required additionalProperties items enum const anyOf $ref $defs definitions $schema title description
  pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems`.split(/\s+/),
);

/**
 * Tells whether OpenAI would take a schema in strict mode: an object at the root, every object closed with all of its properties
 * required, and no keyword that strict mode does not know. A schema it would refuse is better sent as a hint than not at all.
 */
export function isStrictSchema(schema: JsonSchema): boolean {
  return schema['type'] === 'object' && schema['anyOf'] === undefined && isStrict(schema);
}

function isStrict(schema: JsonValue | undefined): boolean {
  if (!isObject(schema)) return false; // `true` and `false` are schemas too, but not strict ones
  if (!Object.keys(schema).every((keyword) => supported.has(keyword))) return false;
  const { type, properties = {}, required = [], additionalProperties, items, anyOf, $defs = {}, definitions = {} } = schema;
  if (!isObject(properties) || !isObject($defs) || !isObject(definitions) || !Array.isArray(required)) return false;

  const describesObject =
    type === 'object' || (Array.isArray(type) && type.includes('object')) || schema['properties'] !== undefined;
  const closed = additionalProperties === false && Object.keys(properties).every((name) => required.includes(name));
  if (describesObject && !closed) return false;

  const parts = [properties, $defs, definitions].flatMap((named) => Object.values(named));
  const choices = Array.isArray(anyOf) ? (anyOf as readonly JsonValue[]) : [];
  return [...parts, ...choices, ...(items === undefined ? [] : [items])].every(isStrict);
}

function isObject(value: JsonValue | undefined): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
