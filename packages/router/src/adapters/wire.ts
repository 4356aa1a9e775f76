import type { JsonObject, ModelRequest } from '@rolecall/core';
import { ModelError } from '../errors.ts';

/** The body of a request that is to be relayed as it is. */
export interface Relay {
  readonly api: string;
  readonly body: JsonObject & { readonly model: string };
  readonly streamAsked: boolean;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * What to relay, with the model put in its place; `undefined` when the request is not in an API spoken here, and its messages are to be
 * encoded instead.
 *
 * @throws {ModelError} `invalid_request` when the messages would not do: embeddings cannot be had in another way.
 */
export function relayOf({ wire }: ModelRequest, speaks: readonly string[], id: string, name: string): Relay | undefined {
  if (!wire) return undefined;
  const { api, body, headers } = wire;
  if (speaks.includes(api)) return { api, body: { ...body, model: id }, streamAsked: body['stream'] === true, headers };
  if (api !== 'embeddings') return undefined;
  throw new ModelError('invalid_request', { model: name, reason: 'it has no API for embeddings here', unsupported: true });
}
