import type { Model, ModelAsk, ModelSettings } from '@rolecall/core';
import { guarded } from './attempt-listener.ts';
import { compose } from './compose.ts';
import { ModelError } from './errors.ts';
import { unknownModel, unknownRole } from './names.ts';
import { type Plan, readOptions, type RouterOptions } from './options.ts';
import { overlay } from './overlay.ts';
import { fallback } from './policies/fallback.ts';
import { retry } from './policies/retry.ts';
import { record } from './record.ts';

/** One model made of many: it answers a request from the chain of the role, or of the model, that the request names. */
export interface Router<Name extends string = string> extends Model {
  /** Why such a request could not be served, or `undefined` if it could. */
  readonly check: (ask: ModelAsk) => string | undefined;
  /** The chain of one role as a model, whatever role or model its requests name. */
  role(name: string): Model;
  /** One named model and its fallbacks as a model, whatever model its requests name. */
  model(name: Name): Model;
}

/** Where a request goes. */
interface Route {
  readonly names: readonly [string, ...string[]];
  readonly chain: Model;
  readonly settings?: ModelSettings | undefined;
}

/**
 * Makes one model out of many: each role gets the backend it deserves, and another when that one fails.
 *
 * @example
 * const router = createRouter({
 *   models: { 'groq-fast': groq('llama-3.3-70b-versatile'), 'gpt-4': openai('gpt-4') },
 *   roles: { researcher: ['groq-fast', 'gpt-4'], default: 'gpt-4' },
 * });
 * const { text } = await router({ role: 'researcher', messages: [{ role: 'user', content: 'Who are you?' }] });
 *
 * @throws {TypeError} when an option is not valid, or a chain names a model that is not there.
 * @throws {RouteError} (the router, when asked) when every backend of a chain has failed.
 * @throws {ModelError} (the router, when asked) when asking another backend would be wrong: the request is invalid, it was aborted,
 *   or part of the answer had been passed on; `not_found` when it names a role or a model that is not there.
 */
export function createRouter<const Name extends string>(options: RouterOptions<Name>): Router<Name> {
  const plan = readOptions(options);
  const links = linksOf(plan);
  const find = finder(plan, links);

  const router: Model = async (request) => {
    const found = find(request);
    if (typeof found === 'string') throw notFound(request.model ?? request.role ?? 'router', found);
    const chain = request.fallbacks === undefined ? found.chain : chainWith(request.fallbacks, found, links);
    return await chain(found.settings ? overlay(request, { settings: overlay(found.settings, request.settings) }) : request);
  };
  const check = (ask: ModelAsk): string | undefined => {
    const found = find(ask);
    return typeof found === 'string' ? found : undefined;
  };
  const bound = (ask: ModelAsk, id?: string): Model =>
    Object.assign<Model, Partial<Model>>((request) => router({ ...request, ...ask }), { id, check: () => check(ask) });

  return Object.assign(router, {
    check,
    role: (name: string) => bound({ role: name, model: undefined }),
    model: (name: Name) => bound({ model: name }, links.get(name)?.id),
  });
}

/** Each named model with all that happens to a call of it, put together once. */
function linksOf({ models, retry: retryOptions, wrap, onAttempt }: Plan): ReadonlyMap<string, Model> {
  const repeated = retryOptions === false ? compose() : retry(retryOptions);
  const wrapped = compose(...wrap);
  const listener = onAttempt && guarded(onAttempt);

  return new Map(
    [...models].map(([name, model]) => {
      const backend = repeated(record({ name, id: model.id ?? name, onAttempt: listener })(wrapped(model)));
      const link: Model = (request) => backend(Object.assign({}, request, { model: name }));
      return [name, Object.assign(link, { id: model.id })];
    }),
  );
}

/** Knows the route of every request, or the sentence that says why there is none. */
function finder(plan: Plan, links: ReadonlyMap<string, Model>): (ask: ModelAsk) => Route | string {
  const chainOf = (name: string): Route => routeOf([name, ...(plan.fallbacks.get(name) ?? [])], links);
  const models = new Map([...links.keys()].map((name) => [name, chainOf(name)]));
  const roles = new Map<string, Route>();
  for (const [role, { chain, settings }] of plan.roles) {
    const route = chain.length === 1 ? chainOf(chain[0]) : routeOf(chain, links);
    roles.set(role, { ...route, settings });
  }

  return ({ role, model }) => {
    const own = role === undefined ? undefined : roles.get(role);
    if (model === undefined) return own ?? roles.get('default') ?? unknownRole(role, roles.keys());
    const named = models.get(model);
    if (!named) return unknownModel(model, models.keys());
    return own?.settings ? overlay(named, { settings: own.settings }) : named;
  };
}

function routeOf(names: Route['names'], links: ReadonlyMap<string, Model>): Route {
  return { names, chain: fallback(names.flatMap((name) => links.get(name) ?? [])) };
}

/** The first model of the route, and after it the fallbacks that this request asks for. */
function chainWith(fallbacks: readonly string[] | false, { names: [first] }: Route, links: ReadonlyMap<string, Model>): Model {
  const names = new Set([first, ...(fallbacks || [])]);
  for (const name of names) if (!links.has(name)) throw notFound(name, unknownModel(name, links.keys()));
  return routeOf([...names] as [string, ...string[]], links).chain;
}

function notFound(asked: string, reason: string): ModelError {
  return new ModelError('not_found', { model: asked, reason });
}
