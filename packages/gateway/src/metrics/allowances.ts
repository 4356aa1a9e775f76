import type { ModelResponse } from '@rolecall/core';
import type { Place } from '../http/route.ts';
import type { Sample } from './series.ts';

interface Allowance {
  place: Place;
  requests: number | undefined;
  tokens: number | undefined;
}

const maxDeployments = 1_000;

/** What each deployment's provider last said is left for us, in the headers of its answers. */
export class Allowances {
  readonly #known = new Map<string, Allowance>();

  note(place: Place, { metadata }: ModelResponse): void {
    const { remainingRequests, remainingTokens } = metadata?.rateLimit ?? {};
    if (remainingRequests === undefined && remainingTokens === undefined) return;
    const known = this.#known.get(place.deployment);
    if (!known && this.#known.size >= maxDeployments) return;
    const allowance = known ?? { place, requests: undefined, tokens: undefined };
    allowance.place = place;
    allowance.requests = remainingRequests ?? allowance.requests;
    allowance.tokens = remainingTokens ?? allowance.tokens;
    if (!known) this.#known.set(place.deployment, allowance);
  }

  /** A reload may have taken deployments away: theirs are forgotten. */
  keep(isThere: (deployment: string) => boolean): void {
    for (const deployment of this.#known.keys()) if (!isThere(deployment)) this.#known.delete(deployment);
  }

  samples(kind: 'requests' | 'tokens'): readonly Sample[] {
    return [...this.#known.values()].flatMap(({ place: { name, model, deployment }, [kind]: value }) =>
      value === undefined ? [] : [{ labels: { name, backend: model, deployment }, value }],
    );
  }
}
