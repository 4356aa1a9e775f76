/** What a router is made of, and the reading of it: a mistake stops the program when the router is made, not when it is asked. */
import type { Middleware, Model, ModelSettings } from '@rolecall/core';
import type { AttemptListener } from './attempt-listener.ts';
import { redact } from './errors.ts';
import { hint, unknownModel } from './names.ts';
import type { RetryOptions } from './policies/retry.ts';
import { faultInSettings } from './settings.ts';

export interface RouterOptions<Name extends string = string> {
  /** The named models: an adapter, or any other function of that shape. */
  readonly models: Readonly<Record<Name, Model>>;
  /** The chain of each role, best first. `default` serves the roles not listed, and requests without one. @default {} */
  readonly roles?: Readonly<Record<string, RoleRoute<NoInfer<Name>>>> | undefined;
  /** What stands in for a named model, best first, when a role or a request names just that one. @default {} */
  readonly fallbacks?: { readonly [Key in NoInfer<Name>]?: readonly NoInfer<Name>[] | undefined } | undefined;
  /** How calls that failed for a passing reason are repeated, or `false` for never. @default {} */
  readonly retry?: RetryOptions | false | undefined;
  /** Wraps every call to a backend, the first outermost: a tracker sees each attempt. @default [] */
  readonly wrap?: readonly Middleware[] | undefined;
  /**
   * Is told of every attempt as soon as it is over. If it throws, the answer is the same and the process is warned, once.
   * @default none
   */
  readonly onAttempt?: AttemptListener | undefined;
}

/** A named model, a chain of them, or a chain with the role's own settings. */
export type RoleRoute<Name extends string = string> = Name | readonly Name[] | RoleOptions<Name>;

export interface RoleOptions<Name extends string = string> {
  /** The named models, best first. */
  readonly chain: Name | readonly Name[];
  /** Settings of this role. Those of the request win. @default {} */
  readonly settings?: ModelSettings | undefined;
  /** What the role is for, for whoever reads the configuration. @default none */
  readonly note?: string | undefined;
}

export interface RolePlan {
  readonly chain: readonly [string, ...string[]];
  readonly settings: ModelSettings | undefined;
}

/** The same options, known to be good. Maps, so that no name is mistaken for a property of Object. */
export interface Plan {
  readonly models: ReadonlyMap<string, Model>;
  readonly roles: ReadonlyMap<string, RolePlan>;
  readonly fallbacks: ReadonlyMap<string, readonly string[]>;
  readonly retry: RetryOptions | false;
  readonly wrap: readonly Middleware[];
  readonly onAttempt: AttemptListener | undefined;
}

/** Reads the options of a router. Throws a `TypeError` that names the field, what is there and what is valid. */
export function readOptions(options: RouterOptions): Plan {
  checkKeys('createRouter', objectAt('the options', options), ['models', 'roles', 'fallbacks', 'retry', 'wrap', 'onAttempt']);
  const { roles = {}, fallbacks = {}, retry = {}, wrap = [], onAttempt } = options;
  const models = readModels(options.models);

  return {
    models,
    roles: new Map(
      Object.entries(objectAt('roles', roles)).map(([role, route]) => [role, readRole(`roles.${role}`, route, models)]),
    ),
    fallbacks: readFallbacks(fallbacks, models),
    retry: retry === false ? false : objectAt('retry', retry),
    wrap: readWrap(wrap),
    onAttempt:
      onAttempt === undefined || typeof onAttempt === 'function' ? onAttempt : fail('onAttempt', onAttempt, 'a function'),
  };
}

function readModels(models: unknown): ReadonlyMap<string, Model> {
  const named = new Map(Object.entries(objectAt('models', models)) as [string, Model][]);
  if (named.size === 0) fail('models', models, 'an object with at least one named model');
  for (const [name, model] of named) {
    if (typeof model !== 'function') fail(`models.${name}`, model, 'a model: a function such as openai(…) returns');
    const objection = model.check?.({ model: name });
    if (objection !== undefined) {
      throw new TypeError(
        `createRouter: models.${name}: ${objection} A router within a router is given as router.role(…) or router.model(…).`,
      );
    }
  }
  return named;
}

function readFallbacks(fallbacks: unknown, models: ReadonlyMap<string, Model>): Plan['fallbacks'] {
  const chains = Object.entries(objectAt('fallbacks', fallbacks)).filter(([, chain]) => chain !== undefined);
  return new Map(
    chains.map(([name, chain]) => {
      if (!models.has(name)) throw new TypeError(`createRouter: fallbacks.${name}: ${unknownModel(name, models.keys())}`);
      return [name, readChain(`fallbacks.${name}`, chain, models, name)];
    }),
  );
}

function readRole(field: string, route: unknown, models: ReadonlyMap<string, Model>): RolePlan {
  if (typeof route === 'string' || Array.isArray(route)) return { chain: readChain(field, route, models), settings: undefined };
  const options = objectAt(field, route, 'the name of a model, a list of names, or an object with a chain');
  checkKeys(field, options, ['chain', 'settings', 'note']);
  const { chain, settings, note } = options;
  if (note !== undefined && typeof note !== 'string') fail(`${field}.note`, note, 'a string');
  return { chain: readChain(`${field}.chain`, chain, models), settings: readSettings(`${field}.settings`, settings) };
}

function readSettings(field: string, settings: unknown): ModelSettings | undefined {
  if (settings === undefined) return undefined;
  const fault = faultInSettings(objectAt(field, settings));
  if (fault) fail(`${field}.${fault.field}`, fault.value, fault.valid);
  return { ...settings };
}

function readChain(field: string, chain: unknown, models: ReadonlyMap<string, Model>, head?: string): RolePlan['chain'] {
  const names: readonly unknown[] = typeof chain === 'string' && head === undefined ? [chain] : Array.isArray(chain) ? chain : [];
  if (names.length === 0) fail(field, chain, 'a list of at least one name of a model');
  const seen = new Set<unknown>([head]);
  for (const name of names) {
    if (typeof name !== 'string' || !models.has(name))
      throw new TypeError(`createRouter: ${field}: ${unknownModel(String(name), models.keys())}`);
    if (seen.has(name)) throw new TypeError(`createRouter: ${field} names "${name}" twice; a chain asks each model once.`);
    seen.add(name);
  }
  return [...names] as [string, ...string[]];
}

function readWrap(wrap: unknown): readonly Middleware[] {
  if (!Array.isArray(wrap)) return fail('wrap', wrap, 'a list of middlewares');
  for (const [index, middleware] of wrap.entries())
    if (typeof middleware !== 'function') fail(`wrap[${index}]`, middleware, 'a middleware: a function from model to model');
  return [...wrap] as Middleware[];
}

function objectAt(field: string, value: unknown, valid = 'an object'): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : fail(field, value, valid);
}

function checkKeys(owner: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new TypeError(`${owner} has no option "${unknown}"; it has: ${known.join(', ')}.${hint(unknown, known)}`);
}

function fail(field: string, value: unknown, valid: string): never {
  throw new TypeError(`createRouter: ${field} is ${shown(value)}; it must be ${valid}.`);
}

/** Objects are not spelled out: one put in the wrong place may be a client with its key. */
function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  return typeof value === 'string' ? redact(JSON.stringify(value)) : String(value);
}
