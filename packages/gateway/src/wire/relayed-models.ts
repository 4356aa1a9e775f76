import type { RouterOptions } from '@rolecall/router';
import type { GatewayParts } from '../gateway-parts.ts';
import { type Around, relaying } from './relaying.ts';

/** Every deployment, as calls over HTTP ask it. */
export function relayedModels(
  { models }: Pick<RouterOptions, 'models'>,
  parts: Pick<GatewayParts, 'tracker' | 'onAnswer'>,
): RouterOptions['models'] {
  const around: Around = {
    track: (model) => parts.tracker.wrap(model),
    onAnswer: (place, response) => parts.onAnswer(place, response),
  };
  const wrapped = Object.entries(models).map(([name, given]) => {
    const deployments = typeof given === 'function' ? [{ model: given }] : given;
    return [
      name,
      deployments.map((deployment, index) => {
        const id = 'id' in deployment ? deployment.id : undefined;
        const place = {
          name,
          deployment: id ?? (deployments.length === 1 ? name : `${name}#${index + 1}`),
          model: deployment.model.id ?? name,
        };
        return { ...deployment, model: relaying(deployment.model, place, around) };
      }),
    ] as const;
  });
  return Object.fromEntries(wrapped);
}
