/** Where requests go: the chain of each role and of each named model, with what stands around it. */
import type { Middleware, Model, ModelAsk, ModelRequest, ModelSettings } from '@rolecall/core';
import { guarded } from './attempt-listener.ts';
import { type Chain, type Chains, createChains } from './chain.ts';
import { compose } from './compose.ts';
import type { Links } from './links.ts';
import { unknownModel, unknownRole } from './names.ts';
import { overlay } from './overlay.ts';
import { SafeStore } from './policies/cache-store.ts';
import { cache } from './policies/cache.ts';
import { deadline, deadlineMsOf, type DeadlineOptions } from './policies/deadline.ts';
import { walk } from './policies/fallback.ts';
import { memoryStore } from './policies/memory-store.ts';
import { shadow } from './policies/shadow.ts';
import { split, type SplitModel } from './policies/split.ts';
import type { Blueprint } from './read-options.ts';
import type { RolePlan } from './read-roles.ts';

/** Where a request goes. */
export interface Route {
  readonly chain: Chain;
  readonly model: Model;
  readonly settings?: ModelSettings | undefined;
  /** The chains among which its requests are split. */
  readonly variants?: { readonly chains: ReadonlyMap<string, Chain>; readonly of: SplitModel['variantOf'] } | undefined;
}

export interface Routes {
  readonly chains: Chains;
  /** The route of a request, or the sentence that says why there is none. */
  readonly find: (ask: ModelAsk) => Route | string;
  /** How many milliseconds such a request would have. */
  readonly msFor: (request: ModelRequest) => number;
}

/** Makes the chains and what stands around each: deadline( cache( shadow( split( fallback([ … ]))))). */
export function createRoutes(blueprint: Blueprint, links: Links): Routes {
  const chains = createChains(links.byName, blueprint.lists);
  const around = surroundings(blueprint, links);
  const asked = walker(blueprint, chains);
  const plain = (chain: Chain): Route => ({ chain, model: around([chain], asked(chain)) });

  const roleRoute = (role: string, { chain: names, settings, variants }: RolePlan): Route => {
    const chain = chains.of(names);
    const copied = copies(role, blueprint, links);
    if (!variants) return { chain, settings, model: around([chain], copied(asked(chain))) };
    const arms = new Map([...variants].map(([name, variant]) => [name, chains.of(variant.chain)]));
    const weighted = [...variants].map(
      ([name, { weight }]) => [name, { weight, model: asked(arms.get(name) ?? chain) }] as const,
    );
    const parted = split(Object.fromEntries(weighted));
    const model = around([...arms.values()], copied(parted));
    return { chain, settings, model, variants: { chains: arms, of: parted.variantOf } };
  };

  const models = new Map([...blueprint.models.keys()].map((name) => [name, plain(chains.of([name]))]));
  for (const [alias, name] of blueprint.aliases) models.set(alias, models.get(name) ?? plain(chains.of([name])));
  const roles = new Map([...blueprint.roles].map(([role, plan]) => [role, roleRoute(role, plan)]));
  const limits = deadlineOptions(blueprint);
  return { chains, find: finder(models, roles), msFor: (request) => deadlineMsOf(request, limits) };
}

function finder(models: ReadonlyMap<string, Route>, roles: ReadonlyMap<string, Route>): Routes['find'] {
  return ({ role, model }) => {
    const own = role === undefined ? undefined : roles.get(role);
    if (model === undefined) return own ?? roles.get('default') ?? unknownRole(role, roles.keys());
    const named = models.get(model);
    if (!named) return unknownModel(model, models.keys());
    return own?.settings ? overlay(named, { settings: own.settings }) : named;
  };
}

/** A chain as a model. Fallbacks of a request stand in the place of all that is configured. */
function walker({ remedies, recover }: Blueprint, chains: Chains): (chain: Chain) => Model {
  return (chain) =>
    walk({
      chainOf: ({ fallbacks }) => (fallbacks === undefined ? chain : chains.asRequested(chain, fallbacks)),
      insteadOf: (step, code, { fallbacks }) => (fallbacks === undefined ? chains.insteadOf(step, code) : undefined),
      remedies,
      recover: recover || undefined,
    });
}

/** What stands around every chain. Chains of the same models share their cached answers, others do not. */
function surroundings(blueprint: Blueprint, links: Links): (chains: readonly Chain[], model: Model) => Model {
  const bounded = deadline(deadlineOptions(blueprint));
  const { cache: options, onAttempt: listener } = blueprint;
  if (!options) return (_, model) => bounded(model);
  const store = new SafeStore(options.store ?? memoryStore({ maxBytes: options.maxBytes }), options.storeTimeoutMs);
  const onAttempt = listener && guarded(listener);

  return (chains, model) => {
    const scope = chains.map((chain) => chain.map(({ name }) => backendsOf(name, links)).join(', ')).join('; ');
    return bounded(cache({ ...options, store, scope, onAttempt })(model));
  };
}

/** `gpt-4: openai/gpt-4`: what must be the same for an answer to be the same. */
function backendsOf(name: string, { pools, placed }: Links): string {
  const members = pools.get(name)?.members ?? placed.flatMap(({ member }) => (member.id === name ? member : []));
  return `${name}: ${members.map(({ id, model }) => model.id ?? id).join(' | ')}`;
}

function deadlineOptions({ deadlineMs = {}, maxAttempts }: Blueprint): DeadlineOptions {
  const calls = { maxAttempts: maxAttempts === false ? Infinity : maxAttempts };
  if (deadlineMs === false) return { ...calls, streamMs: Infinity, answerMs: Infinity };
  if (typeof deadlineMs === 'number') return { ...calls, streamMs: deadlineMs, answerMs: deadlineMs };
  return { ...deadlineMs, ...calls };
}

/** Copies of a role's requests for another model. */
function copies(role: string, { shadow: shadows = {} }: Blueprint, { byName }: Links): Middleware {
  const own = Object.hasOwn(shadows, role) ? shadows[role] : undefined;
  const model = own && byName.get(own.model)?.model;
  return model ? shadow({ ...own, model }) : compose();
}
