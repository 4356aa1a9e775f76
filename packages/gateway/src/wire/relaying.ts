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
  /** Those that make vectors, and take no chat. */
  readonly embeddings?: ReadonlySet<string> | undefined;
}

/** What a probe asks of them. */
const vector = { messages: [], settings: undefined, wire: { api: 'embeddings', body: { input: 'hello' } } };

/** The backend as calls over HTTP ask it. */
export function relaying(backend: Backend, place: Place, { track, onAnswer, embeddings }: Around): Model {
  const target: Target = { backend, place, ask: track(backend), speaks: backend.speaks ?? [] };
  const model: Model = async (request: CallRequest) => {
    const call = request.labels?.[progress];
    if (!call) return await target.ask(embeddings?.has(place.deployment) ? { ...request, ...vector } : request); // a probe
    const { asked } = call;
    asked.mock?.at(place);
    const wire = request.messages === asked.messages ? request.wire : undefined; // a stand-in may be asked something else
    const relayed = wire && target.speaks.includes(wire.api) ? wire : undefined;
    if (!relayed && asked.wireOnly.length > 0) throw speechless(place.model, asked.wireOnly);
    const over = call.asking && (await call.asking(place));
    call.begin(place);
    try {
      const response = relayed ? await relay(request, relayed, call, target) : await translate(request, call, target);
      call.place = place;
      onAnswer(place, response);
      return response;
    } finally {
      call.end();
      over?.();
    }
  };
  return Object.assign(model, backend);
}

interface Target {
  readonly backend: Backend;
  readonly place: Place;
  /** The backend, each call on record. */
  readonly ask: Model;
  readonly speaks: readonly string[];
}

async function relay(request: CallRequest, wire: Wire, call: Progress, target: Target): Promise<ModelResponse> {
  const { onBytes } = wire;
  if (!onBytes) {
    const body = bodyOf(wire, request, call, target.backend, false);
    // A copy costs more than the rest of this: most requests go on as they are.
    return await target.ask(body === wire.body ? request : Object.assign({}, request, { wire: { ...wire, body } }));
  }
  const filter = needsUsage(wire, target.backend) ? new UsageFilter() : undefined;
  const pass = (bytes: Uint8Array): void | Promise<void> => {
    call.place = target.place;
    return onBytes(filter ? filter.take(bytes) : bytes);
  };
  const body = bodyOf(wire, request, call, target.backend, filter !== undefined);
  const own = { wire: { ...wire, body, onBytes: pass }, onDelta: request.onDelta && unheard };
  const response = await target.ask(Object.assign({}, request, own));
  const rest = filter?.rest();
  if (rest && rest.length > 0) await pass(rest);
  return response;
}

async function translate(request: CallRequest, call: Progress, { ask, place }: Target): Promise<ModelResponse> {
  const { onDelta } = request;
  const told: ModelRequest['onDelta'] =
    onDelta &&
    ((delta) => {
      call.place = place;
      return onDelta(delta);
    });
  return withoutRaw(await ask(Object.assign({}, request, { wire: undefined, onDelta: told })));
}

function speechless(model: string, fields: readonly string[]): ModelError {
  const reason = `it does not speak this API, and has no word for ${fields.slice(0, 5).join(', ').slice(0, 200)}`;
  return new ModelError('invalid_request', { model, reason, unsupported: true, unasked: true });
}

/** The bytes say it all. The ledger still counts what is said, in case the answer is cut. */
function unheard(): void {
  // Nobody need be told.
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
