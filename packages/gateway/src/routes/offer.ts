/** What there is to ask for: the names of a configuration. */
import type { RouterOptions } from '@rolecall/router';
import { mayAsk } from '../access/may-ask.ts';
import { Refusal } from '../http/refusal.ts';
import type { Caller, Place } from '../http/route.ts';
import { placesOf } from '../wire/relayed-models.ts';
import type { Wishes } from './wishes.ts';

export interface OfferOptions {
  /** Aliases that can be asked for and are not listed. */
  readonly hidden: ReadonlySet<string>;
  /** Deployments that make vectors, and take no chat. */
  readonly embeddings: ReadonlySet<string>;
  /** The status of an unknown model is 400, as LiteLLM has it, not 404. */
  readonly litellmErrors: boolean;
  /** What a backend has no word for is left out, unless a request says otherwise. */
  readonly dropsParams: boolean;
}

export interface OfferedModel {
  readonly name: string;
  /** Where it leads, best first. */
  readonly places: readonly Place[];
  readonly kind: 'model' | 'alias' | 'role';
}

/** The named models, aliases and roles. */
export class Offer {
  readonly roles: ReadonlySet<string>;
  readonly embeddings: ReadonlySet<string>;
  /** Answers are cached, so requests are read rather than relayed. */
  readonly isCached: boolean;
  readonly dropsParams: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #deployments: ReadonlySet<string>;
  readonly #models: readonly OfferedModel[];
  readonly #litellmErrors: boolean;

  constructor(
    { models, aliases = {}, roles = {}, cache }: RouterOptions,
    { hidden, embeddings, litellmErrors, dropsParams }: OfferOptions,
  ) {
    const places = (name: string): readonly Place[] => placesOf(name, models[name] ?? []);
    const chainOf = (role: string): readonly string[] => {
      const route = roles[role] ?? [];
      const chain = typeof route === 'object' && 'chain' in route ? route.chain : route;
      return [chain].flat();
    };
    this.roles = new Set(Object.keys(roles));
    this.isCached = cache !== undefined && cache !== false;
    this.#names = new Set([...Object.keys(models), ...Object.keys(aliases)]);
    this.#deployments = new Set(Object.keys(models).flatMap((name) => places(name).map(({ deployment }) => deployment)));
    this.embeddings = embeddings;
    this.dropsParams = dropsParams;
    this.#litellmErrors = litellmErrors;
    this.#models = [
      ...Object.keys(models).map((name) => ({ name, places: places(name), kind: 'model' as const })),
      ...Object.entries(aliases)
        .filter(([alias]) => !hidden.has(alias))
        .map(([name, of]) => ({ name, places: places(of), kind: 'alias' as const })),
      ...[...this.roles].map((role) => ({
        name: `role:${role}`,
        places: chainOf(role).flatMap((name) => places(aliases[name] ?? name)),
        kind: 'role' as const,
      })),
    ];
  }

  /** What this caller may ask for. */
  listed({ models }: Caller): readonly OfferedModel[] {
    return models === undefined ? this.#models : this.#models.filter(({ name }) => mayAsk(models, name));
  }

  /** @throws {Refusal} when a name is not there. */
  check({ model, role, fallbacks }: Wishes, caller: Caller): void {
    if (model !== undefined && !this.#names.has(model)) throw this.#stranger(model, caller);
    for (const target of fallbacks || []) this.#checkTarget(typeof target === 'string' ? target : target.model, caller);
    const isServed = role === undefined || this.roles.has(role) || this.roles.has('default');
    if (model === undefined && !isServed) throw this.#stranger(`role:${role}`, caller);
  }

  /** A stand-in may be one deployment of several. */
  #checkTarget(name: string, caller: Caller): void {
    if (!this.#names.has(name) && !this.#deployments.has(name)) throw this.#stranger(name, caller);
  }

  #stranger(name: string, caller: Caller): Refusal {
    const there = this.listed(caller).map((model) => model.name);
    const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
    const message = `Invalid model name passed in model=${shown}. There are: ${there.join(', ') || 'none'}. GET /v1/models lists them.`;
    const facts = { type: 'invalid_request_error', message, param: 'model' };
    return new Refusal(
      this.#litellmErrors ? { ...facts, status: 400, code: '400' } : { ...facts, status: 404, code: 'model_not_found' },
    );
  }
}
