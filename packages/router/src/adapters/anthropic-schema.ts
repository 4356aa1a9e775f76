import type { JsonObject, JsonSchema, JsonValue } from '@rolecall/core';

/** What structured outputs reject: https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations */
const rejected = new Set(
  (
    'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength maxItems uniqueItems ' +
    'contains minContains maxContains minProperties maxProperties propertyNames patternProperties'
  ).split(' '),
);
const formats = new Set<JsonValue>('date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' '));
const mapsOfSchemas = new Set(['properties', '$defs', 'definitions']);

/**
 * The schema in the words structured outputs know. A constraint they do not know moves to the description, where the model
 * still reads it; objects are closed, because they must be.
 */
export function toStrictSchema(schema: JsonSchema): JsonSchema {
  const entries = Object.entries(schema).filter(([key]) => key !== '$schema');
  const kept = entries.filter(([key, value]) => !isRejected(key, value)).map(([key, value]) => strict(key, value));
  const lost = entries.filter(([key, value]) => isRejected(key, value)).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  const { description } = schema;
  const described = typeof description === 'string' ? [description, ...lost] : lost;
  return {
    ...Object.fromEntries(kept),
    ...(lost.length > 0 && { description: described.join('\n') }),
    ...(isObject(schema) && { additionalProperties: false }),
  };
}

function isRejected(key: string, value: JsonValue): boolean {
  if (key === 'format') return !formats.has(value);
  if (key === 'minItems') return value !== 0 && value !== 1;
  return rejected.has(key);
}

function strict(key: string, value: JsonValue): [string, JsonValue] {
  if (mapsOfSchemas.has(key) && isJsonObject(value)) {
    return [key, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, strictValue(inner)]))];
  }
  if (key === 'oneOf' || key === 'anyOf') return ['anyOf', strictValue(value)];
  if (key === 'items' || key === 'prefixItems' || key === 'allOf' || key === 'not') return [key, strictValue(value)];
  return [key, value];
}

function strictValue(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(strictValue);
  return isJsonObject(value) ? toStrictSchema(value) : value;
}

function isObject({ type, properties }: JsonSchema): boolean {
  return (
    type === 'object' || properties !== undefined || (Array.isArray(type) && (type as readonly JsonValue[]).includes('object'))
  );
}

function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
