import type { Model, ModelRequest, ResponseMetadata } from '@rolecall/core';
import type { Backend } from '../backend.ts';
import type { Cancellation } from '../cancellation.ts';
import { countFromOne } from '../options-check.ts';
import { aClient, aFlag, aText, checkAdapter } from './adapter-options.ts';
import { attempt } from './call.ts';
import type { Delivery } from './delivery.ts';
import { type Facts, isLocalHost } from './http.ts';
import { nameOf } from './model-name.ts';
import { collect, type OllamaChunk, type TakeChunk } from './ollama-answer.ts';
import { encode, type OllamaChatBody } from './ollama-chat.ts';
import { askClient, askServer, type OllamaClient, type Server, lazySdk } from './ollama-client.ts';
import { explain } from './ollama-errors.ts';
import { createLoad, readLoaded } from './ollama-load.ts';
import { Repeats } from './repeats.ts';
import { relayOf } from './wire.ts';

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
  /**
   * What the client made here sends its requests with. @default `pooledFetch()`, at a fraction of the cost of `globalThis.fetch`, which
   * given here switches it off
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** What answers is no real provider. @default told by the answer's headers */
  readonly simulated?: boolean | undefined;
}

const rules = {
  client: aClient('chat'),
  host: aText,
  keepAlive: {
    valid: "seconds, or a duration such as '10m'",
    holds: (value: unknown) => typeof value === 'number' || typeof value === 'string',
  },
  contextTokens: countFromOne,
  local: aFlag,
};

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
  checkAdapter('ollama', options, rules);
  const { client, contextTokens, simulated } = options;
  const name = nameOf('ollama', id);
  const server = serverOf(options);
  const { host } = server;
  const local = options.local ?? (host !== undefined && isLocalHost(host) && !/[:-]cloud$/.test(id));
  const load = createLoad();
  let { keepAlive } = options;

  const call = <Answer>(request: ModelRequest, run: Run<Answer>): Promise<Answer> => {
    const facts: Facts = { model: name, local, simulated };
    const ask = (delivery: Delivery, cancellation: Cancellation): Promise<Answer> => {
      const send = (body: OllamaChatBody) => async (take: TakeChunk) => {
        await (client
          ? askClient(client, body, cancellation.signal, facts, take)
          : askServer(body, cancellation, facts, server, take));
        load.seen(body.keep_alive);
      };
      return run(send, delivery, facts);
    };
    return attempt(request, facts, ask, (error) => explain(error, facts, host));
  };
  const model: Model = (request) =>
    call(request, async (send, delivery, facts) => {
      relayOf(request, [], id, name);
      const { body, ignoredSettings } = encode(id, request, { name, contextTokens, keepAlive });
      const { last, response } = await collect(send(body), request.messages, delivery, facts);
      return { ...response, metadata: metadataOf(last, facts, body, ignoredSettings) };
    });
  const warm = (signal?: AbortSignal): Promise<void> => {
    keepAlive ??= -1; // said by each later request as well: one that says nothing would have it go in five minutes
    const nothing = { messages: [], signal };
    return call(nothing, (send, _, facts) =>
      readLoaded(send(encode(id, nothing, { name, contextTokens, keepAlive }).body), facts),
    );
  };
  const own: Backend = Object.assign(model, { id: name, firstTokenMs: () => load.firstTokenMs(), warm });
  return acceptsPrefill(id) ? Object.assign(own, { acceptsPrefill: true }) : own;
}

/** What to do with an answer, given the way to send a question and to read what comes back. */
type Run<Answer> = (
  send: (body: OllamaChatBody) => (take: TakeChunk) => Promise<void>,
  delivery: Delivery,
  facts: Facts,
) => Promise<Answer>;

function metadataOf(
  last: OllamaChunk,
  { requestId, simulated, local }: Facts,
  { stream }: OllamaChatBody,
  ignored: readonly string[],
): ResponseMetadata {
  return {
    requestId,
    servedModel: last.model,
    ignoredSettings: ignored.length > 0 ? ignored : undefined,
    simulated: simulated || undefined,
    local: (local && last.remote_host === undefined) || undefined,
    raw: stream ? undefined : last,
  };
}

/** Ollama goes on with a last message of the assistant's; a model that thinks first would think in the middle of its answer. */
function acceptsPrefill(id: string): boolean {
  return /^(?:llama[23]|codellama|mistral|mixtral|gemma|phi[34]|qwen2|command-r)/.test(id) && !/[:-]cloud$/.test(id);
}

/** Where the server is. A client of the user's keeps that to itself. */
function serverOf({ client, host, headers, fetch }: OllamaOptions): Server {
  const own = { sdk: lazySdk(), requests: new Repeats({ client, fetch }), idle: [] };
  const given = host ?? (client ? undefined : process.env['OLLAMA_HOST']?.trim() || 'http://127.0.0.1:11434');
  if (given === undefined) return { ...own, host: undefined, headers };
  const address = given.startsWith(':') ? `127.0.0.1${given}` : given; // the SDK takes a bare port too
  const hasScheme = address.includes('://');
  const full = hasScheme ? address : `http://${address}`;
  if (!URL.canParse(full)) throw new TypeError('host (or OLLAMA_HOST) is no URL: expected one such as http://127.0.0.1:11434');
  const url = new URL(full);
  if (url.username === '') return { ...own, host: address, headers };

  // `fetch` refuses an address with a password, and would print it.
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  url.username = url.password = '';
  return { ...own, host: hasScheme ? url.href : url.host, headers: { authorization, ...headers } };
}
