/** The chat completions protocol, which `openai`, `groq` and every compatible server speak. */
import type { JsonObject, Model, ModelResponse } from '@rolecall/core';
import type { Backend } from '../backend.ts';
import type { Answer } from './answer.ts';
import { attempt } from './call.ts';
import { decode } from './chat-answer.ts';
import { explainStatus } from './chat-errors.ts';
import { type ChatBody, type Dialect, encode, type EncodedRequest } from './chat-request.ts';
import type { Delivery } from './delivery.ts';
import { type Facts, isSimulated } from './http.ts';
import { nameOf } from './model-name.ts';
import { Repeats } from './repeats.ts';
import { type Relay, relayOf } from './wire.ts';

/** The part of an SDK used here: `new OpenAI()` and `new Groq()` fit, and so does a stub. */
export interface ChatCompletionsClient {
  readonly baseURL?: string | undefined;
  readonly chat: {
    readonly completions: {
      create(body: ChatBody, options: ChatCallOptions): { asResponse(): Promise<Response> };
    };
  };
  /** Sends a request to another API of the provider. Without it none is relayed there. */
  post?(path: string, options: ChatCallOptions & { readonly body: JsonObject }): { asResponse(): Promise<Response> };
}

export interface ChatCallOptions {
  readonly signal?: AbortSignal;
  /** Handed on to the client's `fetch`. */
  readonly fetchOptions?: object;
  readonly maxRetries: number;
  readonly headers?: Record<string, string>;
}

/** Another API of the provider, to which requests are relayed as they are. */
export interface RelayedApi {
  readonly path: string;
  readonly decode: (response: Response, delivery: Delivery, answer: Answer) => Promise<ModelResponse>;
}

export interface ChatCompletionsOptions {
  /** The model's name at the provider. */
  readonly id: string;
  readonly dialect: Dialect;
  /** Makes the client, at the first call; a failure is not remembered. */
  readonly connect: () => Promise<ChatCompletionsClient>;
  /** Further headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly local?: boolean | undefined;
  readonly simulated?: boolean | undefined;
  /** By the name that `wire.api` has for them; their client must be able to `post`. @default {} */
  readonly otherApis?: Readonly<Record<string, RelayedApi>> | undefined;
  /** The client sends its requests with `pooledFetch()`. */
  readonly isPooled: boolean;
  readonly notConfigured: Backend['notConfigured'];
  readonly acceptsPrefill: boolean;
}

const chatApi = 'chat.completions';

/** A model that is asked over the chat completions protocol. */
export function chatCompletions(options: ChatCompletionsOptions): Model {
  const { id, dialect, connect, headers, local, simulated, otherApis = {}, isPooled, notConfigured, acceptsPrefill } = options;
  const { provider } = dialect;
  const name = nameOf(provider, id);
  const client = once(connect);
  const speaks = [chatApi, ...Object.keys(otherApis)];
  const requests = new Repeats(isPooled);

  const model: Model = (request) => {
    const facts: Facts = { model: name, local, simulated };
    return attempt(
      request,
      facts,
      async (delivery, call) => {
        const relay = relayOf(request, speaks, id, name);
        const { body, ignoredSettings } = relay ? relayed(relay) : encode(id, request, dialect);
        const other = relay && otherApis[relay.api];
        const sdk = await client();
        call.throwIfAborted();
        facts.sent = true;
        const streamAsked = relay ? relay.streamAsked : request.onDelta !== undefined;
        const kind = `${relay?.api ?? chatApi} ${streamAsked}`;
        const response = await requests.ask(kind, body, call, (ending) => {
          // Retrying is the router's job. The answer is read here: the SDKs' own stream readers cost several times as much.
          const callOptions = { ...ending, maxRetries: 0, ...(headers && { headers: { ...headers } }) };
          const asked =
            other && sdk.post
              ? sdk.post(other.path, { body: relay.body, ...callOptions })
              : sdk.chat.completions.create(body, callOptions);
          return asked.asResponse();
        });
        facts.simulated ||= isSimulated(response.headers);
        facts.requestId = response.headers.get('x-request-id') ?? undefined;
        const answer: Answer = { provider, facts, streamAsked, ignoredSettings, relayed: relay !== undefined };
        return (other?.decode ?? decode)(response, delivery, answer);
      },
      (error) => explainStatus(error, facts),
    );
  };
  const own: Partial<Backend> = {
    id: name,
    speaks,
    notConfigured,
    ...(local && { local }),
    ...(acceptsPrefill && { acceptsPrefill }),
  };
  return Object.assign(model, own);
}

/** What is in it is between the caller and the provider. */
function relayed({ body }: Relay): EncodedRequest {
  return { body: body as unknown as ChatBody, ignoredSettings: [] };
}

/** Calls `make` once for all callers, and again only if it failed. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => {
    const mine = (made ??= make());
    try {
      return await mine;
    } catch (error) {
      if (made === mine) made = undefined;
      throw error;
    }
  };
}
