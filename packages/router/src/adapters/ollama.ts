import type { Model } from '@rolecall/core';
import { attempt } from './call.ts';
import { type Facts, isLocalHost } from './http.ts';
import { collect } from './ollama-answer.ts';
import { encode } from './ollama-chat.ts';
import { askClient, askServer, type Exchange, type OllamaClient, type Server } from './ollama-client.ts';
import { explain } from './ollama-errors.ts';

export type { OllamaClient };

export interface OllamaOptions {
  /**
   * A client of your own. The SDK can cancel a stream that has begun and nothing else: an abort ends the call at once, but the server
   * may work on what it was asked. Response headers stay unseen. @default one made for each call, which an abort cuts off at once
   */
  readonly client?: OllamaClient | undefined;
  /** `host:port` or a URL. @default the variable `OLLAMA_HOST`, or else `http://127.0.0.1:11434` */
  readonly host?: string | undefined;
  /** How long the model stays loaded: seconds, or a duration such as `'10m'`. @default the server's, five minutes */
  readonly keepAlive?: string | number | undefined;
  /** The size of the context (`num_ctx`). @default the server's */
  readonly contextTokens?: number | undefined;
  /** The model runs on your own machines: nobody sends a bill. @default `true` if `host` is a local one and the model is no cloud model */
  readonly local?: boolean | undefined;
  /** Sent along with every request, by the client made here. @default {} */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What answers is no real provider. @default told by the answer's headers */
  readonly simulated?: boolean | undefined;
}

/**
 * A model served by Ollama, through its native chat API. A prompt that is longer than the context fails with `context_too_long`,
 * where Ollama would cut it in silence.
 *
 * @example
 * const editor = ollama('mistral', { contextTokens: 16_384 });
 * const { text } = await editor({ messages: [{ role: 'user', content: 'Shorten: …' }] });
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export function ollama(id: string, options: OllamaOptions = {}): Model {
  const { client, contextTokens, keepAlive, simulated } = options;
  if (typeof id !== 'string' || id === '')
    throw new TypeError(`The model id is ${JSON.stringify(id)}: expected a name such as "mistral"`);
  if (contextTokens !== undefined && (!Number.isSafeInteger(contextTokens) || contextTokens < 1)) {
    throw new TypeError(`contextTokens is ${contextTokens}: expected a whole number above 0`);
  }
  const name = `ollama/${id}`;
  const server = serverOf(options);
  const { host } = server;
  const local = options.local ?? (host !== undefined && isLocalHost(host) && !/[:-]cloud$/.test(id));

  const model: Model = (request) => {
    const facts: Facts = { model: name, local, simulated };
    const exchange: Exchange = {};
    return attempt(
      request,
      facts,
      async (delivery, signal) => {
        const { body, ignoredSettings } = encode(id, request, { name, contextTokens, keepAlive });
        const chunks = client ? askClient(client, body, signal, facts) : askServer(body, signal, facts, { ...server, exchange });
        const { last, response } = await collect(chunks, request.messages, delivery, facts);
        return {
          ...response,
          metadata: {
            requestId: facts.requestId,
            servedModel: last.model,
            ignoredSettings: ignoredSettings.length > 0 ? ignoredSettings : undefined,
            simulated: facts.simulated || undefined,
            local: (local && last.remote_host === undefined) || undefined,
            raw: body.stream ? undefined : last,
          },
        };
      },
      (error) => explain(error, facts, { host, headers: exchange.response?.headers }),
    );
  };
  return Object.assign(model, { id: name });
}

/** Where the server is. A client of the user's keeps that to itself. */
function serverOf({ client, host, headers }: OllamaOptions): Omit<Server, 'exchange'> {
  const given = host ?? (client ? undefined : process.env['OLLAMA_HOST']?.trim() || 'http://127.0.0.1:11434');
  if (given === undefined) return { host: undefined, headers };
  const address = given.startsWith(':') ? `127.0.0.1${given}` : given; // the SDK takes a bare port too
  const hasScheme = address.includes('://');
  const full = hasScheme ? address : `http://${address}`;
  if (!URL.canParse(full)) throw new TypeError('host (or OLLAMA_HOST) is no URL: expected one such as http://127.0.0.1:11434');
  const url = new URL(full);
  if (url.username === '') return { host: address, headers };

  // `fetch` refuses an address with a password, and would print it.
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  url.username = url.password = '';
  return { host: hasScheme ? url.href : url.host, headers: { authorization, ...headers } };
}
