/** The chat completions protocol, which `openai`, `groq` and every compatible server speak. */
import type { Model } from '@rolecall/core';
import { attempt } from './call.ts';
import { decode } from './chat-answer.ts';
import { explainStatus } from './chat-errors.ts';
import { type ChatBody, type Dialect, encode } from './chat-request.ts';
import { type Facts, isSimulated } from './http.ts';

/** The part of an SDK used here: `new OpenAI()` and `new Groq()` fit, and so does a stub. */
export interface ChatCompletionsClient {
  readonly baseURL?: string | undefined;
  readonly chat: {
    readonly completions: {
      create(body: ChatBody, options: ChatCallOptions): { asResponse(): Promise<Response> };
    };
  };
}

export interface ChatCallOptions {
  readonly signal: AbortSignal;
  readonly maxRetries: number;
  readonly headers?: Record<string, string>;
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
}

/** A model that is asked over the chat completions protocol. */
export function chatCompletions(options: ChatCompletionsOptions): Model {
  const { id, dialect, connect, headers, local, simulated } = options;
  const { provider } = dialect;
  if (typeof id !== 'string' || id === '')
    throw new TypeError(`id is ${JSON.stringify(id)}: expected the model's name at ${provider}`);
  if (!/^[^/\s]+$/.test(provider)) throw new TypeError(`provider is "${provider}": expected one word without a slash`);
  const name = `${provider}/${id}`;
  const client = once(connect);

  const model: Model = (request) => {
    const facts: Facts = { model: name, local, simulated };
    return attempt(
      request,
      facts,
      async (delivery, signal) => {
        const { body, ignoredSettings } = encode(id, request, dialect);
        const { chat } = await client();
        signal.throwIfAborted();
        facts.sent = true;
        // Retrying is the router's job. The answer is read here: the SDKs' own stream readers cost several times as much.
        const callOptions = { signal, maxRetries: 0, ...(headers && { headers: { ...headers } }) };
        const response = await chat.completions.create(body, callOptions).asResponse();
        facts.simulated ||= isSimulated(response.headers);
        facts.requestId = response.headers.get('x-request-id') ?? undefined;
        return decode(response, delivery, { provider, facts, streamAsked: request.onDelta !== undefined, ignoredSettings });
      },
      (error) => explainStatus(error, facts),
    );
  };
  return Object.assign(model, { id: name });
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
