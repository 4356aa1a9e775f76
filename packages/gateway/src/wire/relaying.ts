/** One attempt of a call over HTTP: relayed where the backend speaks the caller's API, translated where it does not. */
import type { JsonObject, JsonValue, Message, Model, ModelRequest, ModelSettings } from '@rolecall/core';
import { type Backend, ModelError } from '@rolecall/router';
import type { Admission, Place } from '../http/route.ts';

/** How the call that a request belongs to is going. It travels with the request, and no policy looks at it. */
export const progress: unique symbol = Symbol('progress');

export interface CallRequest extends ModelRequest {
  readonly [progress]?: Progress;
}

/** What a call tells its attempts, and what they tell it. */
export class Progress {
  /** What the request asked for; a stand-in may be asked something else. */
  readonly messages: readonly Message[];
  readonly settings: ModelSettings;
  /** What the API calls our settings. */
  readonly words: Readonly<Record<string, string>>;
  /** What no other API has a word for. */
  readonly wireOnly: readonly string[];
  /** The attempt being made hands on the bytes of the backend. */
  isRelayed = false;
  /** The backend reports the usage of a stream, though the caller did not ask for it. */
  hidesUsage = false;
  place: Place | undefined;
  /** Is told before a backend is asked. */
  asking: Admission['asking'];
  calls = 0;
  readonly names: Set<string> = new Set();
  #upstreamMs = 0;
  #since: number | undefined;

  constructor(facts: Pick<Progress, 'messages' | 'settings' | 'words' | 'wireOnly'>) {
    this.messages = facts.messages;
    this.settings = facts.settings;
    this.words = facts.words;
    this.wireOnly = facts.wireOnly;
  }

  begin(place: Place, isRelayed: boolean): void {
    this.place = place;
    this.isRelayed = isRelayed;
    this.hidesUsage = false;
    this.calls += 1;
    this.names.add(place.name);
    this.#since = performance.now();
  }

  end(): void {
    this.#upstreamMs = this.upstreamMs;
    this.#since = undefined;
  }

  /** How long backends have been waited for. */
  get upstreamMs(): number {
    return this.#upstreamMs + (this.#since === undefined ? 0 : performance.now() - this.#since);
  }
}

/** The backend as calls over HTTP ask it, each attempt on record with `track`. */
export function relaying(backend: Backend, place: Place, track: (model: Model) => Model): Model {
  const tracked = track(backend);
  const speaks = backend.speaks ?? [];
  const model: Model = async (request: CallRequest) => {
    const call = request[progress];
    if (!call) return await tracked(request); // a probe
    const { wire } = request;
    const isRelayed = wire !== undefined && speaks.includes(wire.api) && request.messages === call.messages;
    if (!isRelayed && call.wireOnly.length > 0) throw speechless(place.model, call.wireOnly);
    const asked = await call.asking?.(place);
    call.begin(place, isRelayed);
    try {
      return await tracked(isRelayed ? relayed(request, call, backend) : translated(request));
    } finally {
      call.end();
      asked?.();
    }
  };
  return Object.assign(model, backend);
}

function speechless(model: string, fields: readonly string[]): ModelError {
  const reason = `it does not speak this API, and has no word for ${fields.slice(0, 5).join(', ').slice(0, 200)}`;
  return new ModelError('invalid_request', { model, reason, unsupported: true, unasked: true });
}

function translated(request: CallRequest): CallRequest {
  return request.wire ? { ...request, wire: undefined } : request;
}

/** The body, with the settings of the role and of the deployment where it says nothing, and with what the ledger needs. */
function relayed(request: CallRequest, call: Progress, backend: Backend): CallRequest {
  const { wire, settings } = request;
  if (!wire) return request;
  const added = addedSettings({ ...backend.settings, ...settings }, call, wire.body);
  const usage = wire.body['stream'] === true && wire.api === 'chat.completions' ? usageAsked(wire.body, call, backend) : {};
  const onDelta = request.onDelta && unheard;
  if (isEmpty(added) && isEmpty(usage)) return onDelta ? { ...request, onDelta } : request;
  return { ...request, onDelta, wire: { ...wire, body: { ...wire.body, ...added, ...usage } } };
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** The bytes say it all. The ledger still counts what is said, in case the answer is cut. */
function unheard(): void {
  // Nobody need be told.
}

function addedSettings(settings: ModelSettings, { settings: own, words }: Progress, body: JsonObject): JsonObject {
  const added: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(settings) as [keyof ModelSettings, JsonValue | undefined][]) {
    const word = words[name];
    if (value !== undefined && word !== undefined && own[name] === undefined && body[word] === undefined) added[word] = value;
  }
  return added;
}

/** A stream reports its usage only when asked to; Groq's does so anyway. */
function usageAsked(body: JsonObject, call: Progress, { id = '' }: Backend): JsonObject {
  const options = body['stream_options'] as JsonObject | null | undefined;
  if (id.startsWith('groq/') || options?.['include_usage'] === true) return {};
  call.hidesUsage = true;
  return { stream_options: { ...options, include_usage: true } };
}
