/** The reading of a router's options: a mistake stops the program when the router is made, not when it is asked. */
import type { Middleware } from '@rolecall/core';
import type { FallbackLists, Lists } from './chain.ts';
import { openCodes, type Remedies, remedies } from './errors.ts';
import { unknownModel } from './names.ts';
import type { RouterOptions } from './options.ts';
import { checkKeys, objectAt, refuse, type Rule } from './options-check.ts';
import { overlay } from './overlay.ts';
import { aStrategy } from './policies/balance.ts';
import { deadlineRules } from './policies/deadline.ts';
import { type NamedDeployment, readModels } from './read-models.ts';
import { readChain, readRoles, type RolePlan } from './read-roles.ts';

const owner = 'createRouter';
const known: readonly (keyof RouterOptions)[] = [
  'models',
  'aliases',
  'roles',
  'fallbacks',
  'contextWindowFallbacks',
  'contentPolicyFallbacks',
  'remedies',
  'strategy',
  'matchAnyTag',
  'retry',
  'timeout',
  'cooldown',
  'limit',
  'deadlineMs',
  'maxAttempts',
  'cache',
  'hedge',
  'split',
  'shadow',
  'recover',
  'wrap',
  'onAttempt',
  'onExhausted',
];

/** What is known to be good. Maps, so that no name is mistaken for a property of Object. The policies check their own options. */
export interface Blueprint extends Omit<RouterOptions, 'models' | 'aliases' | 'roles' | 'remedies' | 'wrap' | 'split'> {
  readonly models: ReadonlyMap<string, readonly NamedDeployment[]>;
  readonly aliases: ReadonlyMap<string, string>;
  readonly roles: ReadonlyMap<string, RolePlan>;
  readonly lists: FallbackLists;
  readonly remedies: Remedies;
  readonly wrap: readonly Middleware[];
}

/** Reads the options of a router. Throws a `TypeError` that names the field, what is there and what is valid. */
export function readOptions(options: RouterOptions): Blueprint {
  checkKeys(owner, objectAt(owner, 'the options', options), known);
  const models = readModels(options.models);
  const ids = [...models.values()].flatMap((deployments) => deployments.map(({ id }) => id));
  const targets = new Set([...models.keys(), ...ids]);
  for (const field of ['retry', 'timeout', 'cooldown', 'limit', 'cache', 'hedge'] as const) checkPolicy(field, options[field]);
  for (const field of ['onAttempt', 'onExhausted'] as const) {
    if (options[field] !== undefined && typeof options[field] !== 'function') refuse(owner, field, options[field], 'a function');
  }
  const { recover, matchAnyTag } = options;
  if (!isUnset(recover) && recover !== 'continue') refuse(owner, 'recover', recover, `'continue' or false`);
  if (matchAnyTag !== undefined && typeof matchAnyTag !== 'boolean') refuse(owner, 'matchAnyTag', matchAnyTag, 'true or false');
  if (options.strategy !== undefined) checkField('strategy', options.strategy, aStrategy);
  checkBounds(options);

  return {
    ...options,
    models,
    aliases: readAliases(options.aliases ?? {}, models, targets),
    roles: readRoles(options, models),
    lists: {
      general: readLists('fallbacks', options.fallbacks ?? {}, models, targets),
      contextWindow:
        options.contextWindowFallbacks && readLists('contextWindowFallbacks', options.contextWindowFallbacks, models, targets),
      contentPolicy:
        options.contentPolicyFallbacks && readLists('contentPolicyFallbacks', options.contentPolicyFallbacks, models, targets),
    },
    remedies: readRemedies(options.remedies ?? {}),
    wrap: readWrap(options.wrap ?? []),
  };
}

function isUnset(value: unknown): value is undefined | false {
  return value === undefined || value === false;
}

/** Of all that one request causes. */
function checkBounds({ deadlineMs, maxAttempts }: RouterOptions): void {
  const { streamMs, answerMs } = deadlineRules;
  if (typeof deadlineMs === 'number') checkField('deadlineMs', deadlineMs, answerMs);
  else if (!isUnset(deadlineMs)) {
    const given = objectAt(owner, 'deadlineMs', deadlineMs, 'a number, an object, or false');
    checkKeys(`${owner}: deadlineMs`, given, ['streamMs', 'answerMs']);
    for (const [field, rule] of Object.entries({ streamMs, answerMs }))
      if (given[field] !== undefined) checkField(`deadlineMs.${field}`, given[field], rule);
  }
  if (!isUnset(maxAttempts)) checkField('maxAttempts', maxAttempts, deadlineRules.maxAttempts);
}

function checkField(field: string, value: unknown, rule: Rule): void {
  if (!rule.holds(value)) refuse(owner, field, value, rule.valid);
}

function checkPolicy(field: string, value: unknown): void {
  if (!isUnset(value)) objectAt(owner, field, value, 'an object, or false');
}

function readAliases(aliases: unknown, models: ReadonlyMap<string, unknown>, taken: ReadonlySet<string>): Blueprint['aliases'] {
  const named = Object.entries(objectAt(owner, 'aliases', aliases));
  return new Map(
    named.map(([alias, name]) => {
      if (taken.has(alias)) refuse(owner, `aliases.${alias}`, name, 'left out: a model or a deployment has that name');
      const [model] = readChain(`aliases.${alias}`, [name], models);
      return [alias, model];
    }),
  );
}

function readLists(field: string, lists: unknown, models: ReadonlyMap<string, unknown>, targets: ReadonlySet<string>): Lists {
  const chains = Object.entries(objectAt(owner, field, lists)).filter(([, chain]) => chain !== undefined);
  return new Map(
    chains.map(([name, chain]) => {
      if (name !== '*' && !models.has(name))
        throw new TypeError(`${owner}: ${field}.${name}: ${unknownModel(name, models.keys())}`);
      return [name, readChain(`${field}.${name}`, chain, targets, name)];
    }),
  );
}

function readRemedies(changes: unknown): Remedies {
  const given = objectAt(owner, 'remedies', changes);
  checkKeys('remedies', given, openCodes);
  for (const [code, remedy] of Object.entries(given)) {
    if (!['repeat', 'next', 'fail', undefined].includes(remedy as string))
      refuse(owner, `remedies.${code}`, remedy, `'repeat', 'next' or 'fail'`);
  }
  return overlay(remedies, given);
}

function readWrap(wrap: unknown): readonly Middleware[] {
  if (!Array.isArray(wrap)) return refuse(owner, 'wrap', wrap, 'a list of middlewares');
  for (const [index, middleware] of wrap.entries())
    if (typeof middleware !== 'function')
      refuse(owner, `wrap[${index}]`, middleware, 'a middleware: a function from model to model, such as tracker.wrap');
  return [...wrap] as Middleware[];
}
