/** The reading of a router's roles, and of the chains in its options. */
import type { ModelSettings } from '@rolecall/core';
import { unknownModel } from './names.ts';
import type { RouterOptions } from './options.ts';
import { checkKeys, objectAt, refuse } from './options-check.ts';
import { faultInSettings } from './settings.ts';

const owner = 'createRouter';

export type NameList = readonly [string, ...string[]];

export interface RolePlan {
  readonly chain: NameList;
  readonly settings: ModelSettings | undefined;
  /** The chains that stand for `chain` in a test, by the name of the variant. */
  readonly variants: ReadonlyMap<string, { readonly chain: NameList; readonly weight: number }> | undefined;
}

/** The roles, with what is split off their requests. */
export function readRoles(
  { roles = {}, split = {}, shadow = {} }: RouterOptions,
  models: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, RolePlan> {
  const read = new Map(
    Object.entries(objectAt(owner, 'roles', roles)).map(([role, route]) => [role, readRole(`roles.${role}`, route, models)]),
  );
  for (const [field, given] of Object.entries({ split, shadow })) {
    const unknown = Object.keys(objectAt(owner, field, given)).find((role) => !read.has(role));
    if (unknown !== undefined)
      refuse(owner, `${field}.${unknown}`, given[unknown], `for a role that is there: ${[...read.keys()].join(', ') || 'none'}`);
  }
  for (const [role, route] of Object.entries(objectAt(owner, 'shadow', shadow))) {
    const { model } = objectAt(owner, `shadow.${role}`, route);
    readChain(`shadow.${role}.model`, [model], models);
  }
  for (const [role, variants] of Object.entries(split)) {
    const plan = read.get(role);
    if (plan) read.set(role, { ...plan, variants: readVariants(`split.${role}`, variants, models) });
  }
  return read;
}

function readVariants(field: string, variants: unknown, models: ReadonlyMap<string, unknown>): RolePlan['variants'] {
  const entries = Object.entries(objectAt(owner, field, variants)).map(([name, variant]) => {
    const { chain, weight } = objectAt(owner, `${field}.${name}`, variant, 'an object with a chain and a weight');
    checkKeys(`${field}.${name}`, variant as object, ['chain', 'weight']);
    return [name, { chain: readChain(`${field}.${name}.chain`, chain, models), weight: weight as number }] as const;
  });
  return new Map(entries); // `split` looks at the weights
}

function readRole(field: string, route: unknown, models: ReadonlyMap<string, unknown>): RolePlan {
  if (typeof route === 'string' || Array.isArray(route))
    return { chain: readChain(field, route, models), settings: undefined, variants: undefined };
  const options = objectAt(owner, field, route, 'the name of a model, a list of names, or an object with a chain');
  checkKeys(field, options, ['chain', 'settings', 'note']);
  const { chain, settings, note } = options;
  if (note !== undefined && typeof note !== 'string') refuse(owner, `${field}.note`, note, 'a string');
  return {
    chain: readChain(`${field}.chain`, chain, models),
    settings: readSettings(`${field}.settings`, settings),
    variants: undefined,
  };
}

function readSettings(field: string, settings: unknown): ModelSettings | undefined {
  if (settings === undefined) return undefined;
  const fault = faultInSettings(objectAt(owner, field, settings));
  if (fault) refuse(owner, `${field}.${fault.field}`, fault.value, fault.valid);
  return { ...settings };
}

/** A list of names that are there. The one whose fallbacks they are is not among them. */
export function readChain(
  field: string,
  chain: unknown,
  models: { has(name: string): boolean; keys(): Iterable<string> },
  head?: string,
): NameList {
  const names: readonly unknown[] = typeof chain === 'string' && head === undefined ? [chain] : Array.isArray(chain) ? chain : [];
  if (names.length === 0) refuse(owner, field, chain, 'a list of at least one name of a model');
  const seen = new Set<unknown>([head]);
  for (const name of names) {
    if (typeof name !== 'string' || !models.has(name))
      throw new TypeError(`${owner}: ${field}: ${unknownModel(String(name), models.keys())}`);
    if (seen.has(name)) throw new TypeError(`${owner}: ${field} names "${name}" twice; a chain asks each model once.`);
    seen.add(name);
  }
  return [...names] as unknown as NameList;
}
