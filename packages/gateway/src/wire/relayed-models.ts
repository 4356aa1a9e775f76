import type { Deployment, RouterOptions } from '@rolecall/router';
import type { GatewayParts } from '../gateway-parts.ts';
import type { Place } from '../http/route.ts';
import { type Around, relaying } from './relaying.ts';

type Named = RouterOptions['models'][string];

/** Every deployment, as calls over HTTP ask it. */
export function relayedModels(
  { models }: Pick<RouterOptions, 'models'>,
  parts: Pick<GatewayParts, 'tracker' | 'onAnswer'>,
  embeddings: ReadonlySet<string>,
): RouterOptions['models'] {
  const around: Around = {
    track: (model) => parts.tracker.wrap(model),
    onAnswer: (place, response) => parts.onAnswer(place, response),
    embeddings,
  };
  const wrapped = Object.entries(models).map(([name, given]) => {
    const places = placesOf(name, given);
    const relayed = deploymentsOf(given).map((deployment, index) => {
      const place = places[index];
      return place ? { ...deployment, model: relaying(deployment.model, place, around) } : deployment;
    });
    return [name, relayed] as const;
  });
  return Object.fromEntries(wrapped);
}

/** Where a named model leads, as the router calls it. */
export function placesOf(name: string, given: Named): readonly Place[] {
  const deployments = deploymentsOf(given);
  return deployments.map(({ id, model }, index) => ({
    name,
    deployment: id ?? (deployments.length === 1 ? name : `${name}#${index + 1}`),
    model: model.id ?? name,
  }));
}

function deploymentsOf(given: Named): readonly Deployment[] {
  return typeof given === 'function' ? [{ model: given }] : given;
}
