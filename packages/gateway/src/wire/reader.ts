/** Reading JSON that a stranger wrote: what is not as it should be is a 400 that names the field. */
import type { JsonObject, JsonSchema } from '@rolecall/core';
import { badRequest } from '../http/refusal.ts';

export type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(name: string, valid: string): never {
  throw badRequest(`${name} must be ${valid}.`, name);
}

/** `null` counts as left out, as it does for the providers. */
function given<Value>(value: unknown, name: string, valid: string, holds: (value: unknown) => value is Value): Value | undefined {
  if (value === undefined || value === null) return undefined;
  return holds(value) ? value : wrong(name, valid);
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
const areStrings = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isString);
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

export function textOf(value: unknown, name: string): string | undefined {
  return given(value, name, 'a string', isString);
}

export function numberOf(value: unknown, name: string): number | undefined {
  return given(value, name, 'a number', isNumber);
}

/** A number of tokens: at least 1. */
export function tokensOf(value: unknown, name: string): number | undefined {
  return given(value, name, 'a whole number of at least 1', isCount);
}

export function switchOf(value: unknown, name: string): boolean | undefined {
  return given(value, name, 'true or false', isBoolean);
}

export function fieldsOf(value: unknown, name: string): Fields | undefined {
  return given(value, name, 'an object', isFields);
}

export function listOf(value: unknown, name: string): readonly unknown[] | undefined {
  return given(value, name, 'a list', isList);
}

export function oneOf<const Word extends string>(value: unknown, name: string, words: readonly Word[]): Word | undefined {
  if (value === undefined || value === null) return undefined;
  return words.find((word) => word === value) ?? wrong(name, `one of ${words.join(', ')}`);
}

export function textsOf(value: unknown, name: string): readonly string[] | undefined {
  return given(value, name, 'a list of strings', areStrings);
}

export function neededText(value: unknown, name: string): string {
  return textOf(value, name) ?? wrong(name, 'a string');
}

export function neededFields(value: unknown, name: string): Fields {
  return fieldsOf(value, name) ?? wrong(name, 'an object');
}

/** A list with something in it. */
export function neededList(value: unknown, name: string): readonly unknown[] {
  const list = listOf(value, name);
  return list && list.length > 0 ? list : wrong(name, 'a list of at least one');
}

/** What came as JSON is JSON. */
export function asJson(fields: Fields): JsonObject {
  return fields as JsonObject;
}

/** A schema of a tool's arguments; a tool without one takes none. */
export function schemaOf(value: unknown, name: string): JsonSchema {
  return asJson(fieldsOf(value, name) ?? { type: 'object', properties: {} });
}

/** The object without what is undefined in it. */
export function compact<Value extends object>(value: Value): Value {
  const kept: Partial<Value> = {};
  for (const name in value) if (value[name] !== undefined) kept[name] = value[name];
  return kept as Value;
}
