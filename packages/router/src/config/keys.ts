/** What a table of known keys is made of: each key has the kind of its value, and what becomes of it here. */
import { z } from 'zod';
import type { Verdict } from './findings.ts';
import { anything } from './kinds.ts';

export interface Key<Value = unknown> extends Verdict {
  readonly schema: z.ZodType<Value>;
  /** The keys of the map that is its value, or of each map in the list that is its value. */
  readonly keys?: Keys | undefined;
  /** The same, where its value is a map of names that the user chooses. */
  readonly namedKeys?: Keys | undefined;
  /** Further keys are the user's own notes. */
  readonly open?: boolean | undefined;
  readonly required?: boolean | undefined;
}

export type Keys = Readonly<Record<string, Key>>;

/** A table that has every key of a type, and may have others, which no code reads. */
export type KeysOf<Section> = { readonly [Name in keyof Section]-?: Key<Exclude<Section[Name], undefined>> } & Keys;

export function honoured<Value>(schema: z.ZodType<Value>): Key<Value> {
  return { treatment: 'honoured', schema };
}

export function required<Value>(key: Key<Value>): Key<Value> {
  return { ...key, required: true };
}

export function changed<Value>(schema: z.ZodType<Value>, note: string): Key<Value> {
  return { treatment: 'changed', note, schema };
}

export function ignored(note: string, ...names: readonly string[]): Keys {
  return Object.fromEntries(names.map((name) => [name, { treatment: 'ignored', note, schema: anything }]));
}

export function section<Section>(keys: KeysOf<Section>, open = false): Key<Section> {
  return { treatment: 'honoured', keys, open, schema: mapOf(keys) as z.ZodType<Section> };
}

/** Keys that are not in the table are let through: the survey lists them. */
function mapOf(keys: Keys): z.ZodType {
  const shape = Object.entries(keys).map(([name, key]) => [name, key.required ? key.schema : key.schema.optional()] as const);
  return z.looseObject(Object.fromEntries(shape), { error: 'a map' });
}
