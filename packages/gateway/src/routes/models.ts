/** What there is to ask for, as OpenAI's clients and LiteLLM's list it. No address and no key is in it. */
import { sendJson } from '../http/reply.ts';
import { Refusal } from '../http/refusal.ts';
import type { Exchange } from '../http/route.ts';
import type { Offer, OfferedModel } from './offer.ts';

/** `GET /v1/models` */
export function listModels({ response, caller }: Exchange, offer: Offer): void {
  sendJson(response, 200, { object: 'list', data: offer.listed(caller).map(toEntry) });
}

/** `GET /v1/models/:name` */
export function showModel({ response, caller, path }: Exchange, offer: Offer): void {
  const asked = decoded(path.slice(path.indexOf('/models/') + '/models/'.length));
  const model = offer.listed(caller).find(({ name }) => name === asked);
  if (!model) {
    const message = `There is no such model. GET /v1/models lists those there are.`;
    throw new Refusal({ status: 404, type: 'invalid_request_error', code: 'model_not_found', message, param: 'model' });
  }
  sendJson(response, 200, toEntry(model));
}

/** `GET /model/info` */
export function modelInfo({ response, caller }: Exchange, offer: Offer): void {
  const data = offer.listed(caller).flatMap(({ name, places, kind }) =>
    places.map(({ model, deployment }) => ({
      model_name: name,
      litellm_params: { model },
      model_info: { id: deployment, mode: offer.embeddings.has(deployment) ? 'embedding' : 'chat', kind },
    })),
  );
  sendJson(response, 200, { data });
}

function toEntry({ name, places, kind }: OfferedModel): object {
  const backends = [...new Set(places.map(({ model }) => model))];
  return { id: name, object: 'model', created: 0, owned_by: 'rolecall', kind, backends };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // no name at all
  }
}
