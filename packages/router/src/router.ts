import type { FallbackTarget, Model, ModelAsk, ModelRequest, ModelResponse } from '@rolecall/core';
import { guarded } from './attempt-listener.ts';
import { checkRequest } from './check-request.ts';
import { ModelError, type ModelErrorCode, RouteError } from './errors.ts';
import { explainer, type Explanation } from './explain.ts';
import {
  checkHealthOptions,
  type DeploymentHealth,
  healthOf,
  type HealthOptions,
  probedHealthOf,
  type Warmed,
  type WarmOptions,
  warmUp,
} from './health.ts';
import { createLinks, type Links } from './links.ts';
import { unknownModel } from './names.ts';
import type { RouterOptions } from './options.ts';
import { overlay } from './overlay.ts';
import { readOptions } from './read-options.ts';
import { createRoutes, type Route } from './routes.ts';

/** How long a deployment is left alone, and what it failed with. */
export interface RestUntil {
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly code: ModelErrorCode;
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
}

/** One model made of many: it answers a request from the chain of the role, or of the model, that the request names. */
export interface Router<Name extends string = string> extends Model {
  /** Why such a request could not be served, or `undefined` if it could. */
  readonly check: (ask: ModelAsk) => string | undefined;
  /** The chain of one role as a model, whatever role or model its requests name. */
  role(name: string): Model;
  /** One named model and its fallbacks as a model, whatever model its requests name. */
  model(name: Name): Model;
  /** What would become of this request now, and why each other backend would not be asked. Asks nobody. */
  explain(request: Partial<ModelRequest>): Explanation;
  /** The state of every deployment. Asks nobody. */
  health(options?: HealthOptions & { readonly probe?: false | undefined }): readonly DeploymentHealth[];
  /** The state of every deployment after each was asked for a word. */
  health(options: HealthOptions & { readonly probe: true }): Promise<readonly DeploymentHealth[]>;
  /** Leaves a deployment alone until then, as another process found it. Whether there is such a one, with a circuit. */
  rest(deployment: string, until: RestUntil): boolean;
  /** Loads every local model and keeps it loaded, so that no request waits for that. */
  warm(options?: WarmOptions): Promise<readonly Warmed[]>;
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
 * @throws {TypeError} when an option is not valid, or a chain names a model that is not there; (the router, when asked) when a request has no
 *   list of messages.
 * @throws {RouteError} (the router, when asked) when every backend of a chain has failed.
 * @throws {ModelError} (the router, when asked) when asking another backend would be wrong: the request is invalid, it was aborted,
 *   its time is up, or part of the answer had been passed on; `not_found` when it names a role or a model that is not there.
 */
export function createRouter<const Name extends string, const Id extends string = never>(
  options: RouterOptions<Name, Id>,
): Router<Name> {
  const blueprint = readOptions(options);
  const links = createLinks(blueprint);
  const routes = createRoutes(blueprint, links);
  const { find } = routes;
  const answer = reporting(blueprint.onExhausted);

  const router: Model = async (request) => {
    checkRequest('router', request);
    const route = find(request);
    if (typeof route === 'string') throw notFound(request.model ?? request.role ?? 'router', route);
    if (request.fallbacks) checkNames(request.fallbacks, links);
    return await answer(
      route,
      route.settings ? overlay(request, { settings: overlay(route.settings, request.settings) }) : request,
    );
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
    model: (name: Name) => bound({ model: name }, links.byName.get(name)?.model.id),
    explain: explainer(routes, links),
    health: healthCheck(links),
    rest: (deployment: string, until: RestUntil) => rest(links, deployment, until),
    warm: (wishes?: WarmOptions) => warmUp(links.placed, wishes),
  });
}

/** Nobody was asked for this: it is what another process learned. */
function rest({ placed }: Links, deployment: string, { until, code, status, reason }: RestUntil): boolean {
  const circuit = placed.find(({ member }) => member.id === deployment)?.member.model.circuit;
  const ms = until - Date.now();
  if (circuit && ms > 0) circuit.openFor(ms, { code, status, reason });
  return circuit !== undefined;
}

function healthCheck({ placed }: Links): Router['health'] {
  function health(options?: HealthOptions & { readonly probe?: false | undefined }): readonly DeploymentHealth[];
  function health(options: HealthOptions & { readonly probe: true }): Promise<readonly DeploymentHealth[]>;
  function health(options: HealthOptions = {}): readonly DeploymentHealth[] | Promise<readonly DeploymentHealth[]> {
    checkHealthOptions(options);
    return options.probe ? probedHealthOf(placed, options) : healthOf(placed);
  }
  return health;
}

/** Asks along a route, and tells when nobody there could answer. */
function reporting(onExhausted: RouterOptions['onExhausted']): (route: Route, request: ModelRequest) => Promise<ModelResponse> {
  if (!onExhausted) return ({ model }, request) => model(request);
  const tell = guarded(onExhausted, 'onExhausted');
  return async ({ model }, request) => {
    try {
      return await model(request);
    } catch (error) {
      if (RouteError.isInstance(error) || (ModelError.isInstance(error) && error.code === 'deadline_exceeded')) {
        process.nextTick(tell, error); // after whoever asked has heard
      }
      throw error;
    }
  };
}

function checkNames(fallbacks: readonly (string | FallbackTarget)[], { byName }: Links): void {
  for (const target of fallbacks) {
    const name = typeof target === 'string' ? target : target.model;
    if (!byName.has(name)) throw notFound(name, unknownModel(name, byName.keys()));
  }
}

function notFound(asked: string, reason: string): ModelError {
  return new ModelError('not_found', { model: asked, reason });
}
