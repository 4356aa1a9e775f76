/** One attempt of a call over HTTP: relayed where the backend speaks the caller's API, translated where it does not. */
import type { JsonObject, JsonValue, Model, ModelRequest, ModelResponse, ModelSettings, Wire } from '@rolecall/core';
import { type Backend, ModelError } from '@rolecall/router';
import type { Place } from '../http/route.ts';
import { UsageFilter } from './hide-usage.ts';
import { type CallRequest, type Progress, progress } from './progress.ts';

/** What stands around a backend: one attempt on record, and what its answer says is left of our allowance. */
export interface Around {
  readonly track: (model: Model) => Model;
  readonly onAnswer: (place: Place, response: ModelResponse) => void;
}

/** The backend as calls over HTTP ask it. */
export function relaying(backend: Backend, place: Place, { track, onAnswer }: Around): Model {
  const tracked = track(backend);
  const speaks = backend.speaks ?? [];
  const model: Model = async (request: CallRequest) => {
    const call = request[progress];
    if (!call) return await tracked(request); // a probe
    const { asked } = call;
    asked.mock?.at(place);
    const { wire } = request;
    const relay = wire !== undefined && speaks.includes(wire.api) && request.messages === asked.messages ? wire : undefined;
    if (!relay && asked.wireOnly.length > 0) throw speechless(place.model, asked.wireOnly);
    const over = call.asking && (await call.asking(place));
    call.begin(place);
    try {
      const response = relay ? await relayed(request, call, relay) : withoutRaw(await tracked(inWords(request, call, place)));
      call.place = place;
      onAnswer(place, response);
      return response;
    } finally {
      call.end();
      over?.();
    }
  };
  const relayed = async (request: CallRequest, call: Progress, wire: Wire): Promise<ModelResponse> => {
    const { onBytes } = wire;
    const filter = onBytes && needsUsage(wire, backend) ? new UsageFilter() : undefined;
    const pass = (bytes: Uint8Array): void | Promise<void> => {
      call.place = place;
      return onBytes?.(filter ? filter.take(bytes) : bytes);
    };
    const own = {
      wire: { api: wire.api, body: bodyOf(wire, request, call, backend, filter !== undefined), onBytes: onBytes && pass },
      onDelta: request.onDelta && unheard,
    };
    const response = await tracked(Object.assign({}, request, own));
    const rest = filter?.rest();
    if (rest && rest.length > 0) await pass(rest);
    return response;
  };
  return Object.assign(model, backend);
}

function speechless(model: string, fields: readonly string[]): ModelError {
  const reason = `it does not speak this API, and has no word for ${fields.slice(0, 5).join(', ').slice(0, 200)}`;
  return new ModelError('invalid_request', { model, reason, unsupported: true, unasked: true });
}

/** The bytes say it all. The ledger still counts what is said, in case the answer is cut. */
function unheard(): void {
  // Nobody need be told.
}

function inWords(request: CallRequest, call: Progress, place: Place): CallRequest {
  const { onDelta } = request;
  const told: ModelRequest['onDelta'] =
    onDelta &&
    ((delta) => {
      call.place = place;
      return onDelta(delta);
    });
  return Object.assign({}, request, { wire: undefined, onDelta: told });
}

/** The provider's own words are in an API that the caller did not ask in. */
function withoutRaw(response: ModelResponse): ModelResponse {
  const { metadata } = response;
  if (metadata?.raw === undefined) return response;
  return Object.assign({}, response, { metadata: Object.assign({}, metadata, { raw: undefined }) });
}

/** A stream reports its usage only when asked to; Groq's does so anyway. */
function needsUsage({ api, body }: Wire, { id = '' }: Backend): boolean {
  if (api !== 'chat.completions' || body['stream'] !== true || id.startsWith('groq/')) return false;
  const options = body['stream_options'] as JsonObject | null | undefined;
  return options?.['include_usage'] !== true;
}

/** The body, with the settings of the role and of the deployment where it says nothing, and with what the ledger needs. */
function bodyOf({ body }: Wire, request: CallRequest, call: Progress, backend: Backend, asksUsage: boolean): JsonObject {
  const added: Record<string, JsonValue> = {};
  addSettings(added, request.settings, call, body);
  addSettings(added, backend.settings, call, body);
  if (asksUsage) added['stream_options'] = { ...(body['stream_options'] as JsonObject | null | undefined), include_usage: true };
  for (const _ in added) return Object.assign({}, body, added);
  return body;
}

/** What was added before, and what the caller says, stays. */
function addSettings(
  added: Record<string, JsonValue>,
  settings: ModelSettings | undefined,
  { asked }: Progress,
  body: JsonObject,
): void {
  for (const name in settings) {
    const [word, value] = [asked.words[name], settings[name as keyof ModelSettings]];
    if (value === undefined || word === undefined || asked.settings[name as keyof ModelSettings] !== undefined) continue;
    if (body[word] === undefined && added[word] === undefined) added[word] = value as JsonValue;
  }
}
