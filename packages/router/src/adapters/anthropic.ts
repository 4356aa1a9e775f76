import type { Model } from '@rolecall/core';
import type { Backend } from '../backend.ts';
import { ModelError } from '../errors.ts';
import { canBeHeaders, countFromOne } from '../options-check.ts';
import { aClient, checkAdapter, hosted, standIn } from './adapter-options.ts';
import { type Answer, metadataOf } from './answer.ts';
import { readMessage } from './anthropic-answer.ts';
import { explain } from './anthropic-errors.ts';
import { decode } from './anthropic-message.ts';
import { acceptsPrefill } from './anthropic-models.ts';
import { encode, type EncodedRequest, type MessagesBody } from './anthropic-request.ts';
import { attempt } from './call.ts';
import { type Endpoint, endpointOf, type Vendor } from './endpoint.ts';
import { type Facts, isLocalHost, isSimulated } from './http.ts';
import { loadSdk } from './load-sdk.ts';
import { nameOf } from './model-name.ts';
import { Repeats } from './repeats.ts';
import { type Relay, relayOf } from './wire.ts';

/** The part of the `@anthropic-ai/sdk` used here: `new Anthropic()` fits, and so does a stub. */
export interface AnthropicClient {
  readonly baseURL?: string | undefined;
  readonly messages: {
    create(body: MessagesBody, options: AnthropicCallOptions): { asResponse(): Promise<Response> };
  };
}

export interface AnthropicCallOptions {
  readonly signal?: AbortSignal;
  /** Handed on to the client's `fetch`. */
  readonly fetchOptions?: object;
  readonly maxRetries: number;
  readonly headers: Record<string, string>;
  readonly timeout?: number;
}

export interface AnthropicOptions {
  /** A client of your own. @default one made at the first call, from the options below and the environment */
  readonly client?: AnthropicClient | undefined;
  /** @default the variable `ANTHROPIC_API_KEY`, which is never sent to a foreign `baseURL` */
  readonly apiKey?: string | undefined;
  /** @default the variable `ANTHROPIC_BASE_URL`, or else the API's own address */
  readonly baseURL?: string | undefined;
  /** What the API must be told when a request does not say; thoughts count too. @default 16_000 */
  readonly maxOutputTokens?: number | undefined;
  /**
   * `2023-06-01` brings back temperature, topP and topK, for models up to Claude 4.6. Otherwise they are ignored: the newer version
   * refuses them whatever their value. @default the one of the SDK, `2026-10-21`
   */
  readonly apiVersion?: '2023-06-01' | '2026-10-21' | undefined;
  /** Sent along with every request. @default {} */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Whose prices, options and reasoning apply; `'anthropic'` holds for whatever stands in for Anthropic.
   * @default 'anthropic' at Anthropic's own host, or with a `client`; `'anthropic-compatible'` at any other
   */
  readonly provider?: string | undefined;
  /** The model runs on your own machines, so nobody sends a bill. @default true at a local host, unless the provider is `'anthropic'` */
  readonly local?: boolean | undefined;
  /**
   * What the client made here sends its requests with. @default `pooledFetch()`, at a fraction of the cost of `globalThis.fetch`, which
   * given here switches it off
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** What answers is no real provider. @default told by the answer's headers */
  readonly simulated?: boolean | undefined;
}

const versions: readonly unknown[] = ['2023-06-01', '2026-10-21'];

const rules = {
  ...hosted,
  ...standIn,
  client: aClient('messages.create'),
  maxOutputTokens: countFromOne,
  apiVersion: { valid: versions.join(' or '), holds: (value: unknown) => versions.includes(value) },
};

const vendor: Vendor = {
  host: 'anthropic.com',
  apiKeyVariable: 'ANTHROPIC_API_KEY',
  baseURLVariable: 'ANTHROPIC_BASE_URL',
  headersVariable: 'ANTHROPIC_CUSTOM_HEADERS',
};

/**
 * A Claude model, through the Messages API of Anthropic or a server that speaks it.
 *
 * @example
 * const writer = anthropic('claude-sonnet-5-5');
 * const { text } = await writer({ messages: [{ role: 'user', content: 'A title for a post on tea, please.' }] });
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export function anthropic(id: string, options: AnthropicOptions = {}): Model {
  checkAdapter('anthropic', options, rules);
  const { apiKey, baseURL, maxOutputTokens = 16_000, apiVersion, simulated } = options;
  const endpoint = endpointOf(vendor, { apiKey, baseURL: options.client?.baseURL ?? baseURL });
  const provider = options.provider ?? (endpoint.foreign ? 'anthropic-compatible' : 'anthropic');
  const name = nameOf(provider, id);
  const local = options.local ?? (provider !== 'anthropic' && endpoint.baseURL !== undefined && isLocalHost(endpoint.baseURL));
  const headers = { ...options.headers, ...(apiVersion && { 'anthropic-version': apiVersion }) };
  const defaults = { name, provider, maxOutputTokens, sampling: apiVersion === '2023-06-01' };
  const requests = new Repeats(options);
  let { client } = options;

  const model: Model = async (request) => {
    const facts: Facts = { model: name, local, simulated };
    return attempt(
      request,
      facts,
      async (delivery, call) => {
        const relay = relayOf(request, speaks, id, name);
        const { body, ignoredSettings } = relay ? relayed(relay) : encode(id, request, defaults);
        const { kind, sent } = withCallers(headers, relay, name);
        const sdk = (client ??= await createClient(name, endpoint, requests.fetch));
        call.throwIfAborted();
        facts.sent = true;
        const streamAsked = relay ? relay.streamAsked : body.stream === true;
        const response = await requests.ask(`${streamAsked}${kind}`, body, call, (ending) =>
          // The SDK refuses what it thinks too long to wait for, unless it is told how long: that is the router's to say.
          sdk.messages.create(body, { ...ending, maxRetries: 0, headers: sent, timeout: 600_000 }).asResponse(),
        );
        facts.requestId = response.headers.get('request-id') ?? undefined;
        facts.simulated ||= isSimulated(response.headers);
        const answer: Answer = { provider, facts, streamAsked, ignoredSettings, relayed: relay !== undefined };
        const { message, raw } = await readMessage(response, delivery, answer);
        const said = { servedModel: message.model, serviceTier: message.usage?.service_tier ?? undefined };
        return { ...decode(message, answer), metadata: metadataOf(response, answer, { ...said, raw }) };
      },
      (error) => explain(error, facts),
    );
  };
  const notConfigured = client ? undefined : () => endpoint.notConfigured();
  const own: Partial<Backend> = {
    id: name,
    speaks,
    notConfigured,
    ...(local && { local }),
    ...(acceptsPrefill(id) && { acceptsPrefill: true }),
  };
  return Object.assign(model, own);
}

const speaks = ['messages'];

/** What is in it is between the caller and the provider. */
function relayed({ body }: Relay): EncodedRequest {
  return { body: body as unknown as MessagesBody, ignoredSettings: [] };
}

/**
 * The caller's version of the API is the one that he reads the answer by; his betas come on top of those configured.
 *
 * @throws {ModelError} `invalid_request` when they cannot be sent.
 */
function withCallers(
  own: Readonly<Record<string, string>>,
  relay: Relay | undefined,
  model: string,
): { readonly kind: string; readonly sent: Record<string, string> } {
  const { 'anthropic-version': version, 'anthropic-beta': beta } = relay?.headers ?? {};
  if (!version && !beta) return { kind: '', sent: own };
  const headers = new Headers(own);
  for (const [field, value] of Object.entries({ 'anthropic-version': version, 'anthropic-beta': beta })) {
    if (value && !canBeHeaders({ [field]: value }))
      throw new ModelError('invalid_request', { model, reason: `wire.headers["${field}"] is no value that a header can have` });
  }
  if (version) headers.set('anthropic-version', version);
  if (beta) headers.append('anthropic-beta', beta);
  return { kind: JSON.stringify([version, beta]), sent: Object.fromEntries(headers) }; // as JSON, no two of them are alike
}

async function createClient(model: string, endpoint: Endpoint, fetch: typeof globalThis.fetch): Promise<AnthropicClient> {
  const { apiKey, headers } = endpoint.credentials(model); // before the SDK: what is missing most often is said first
  const { Anthropic } = await loadSdk(model, '@anthropic-ai/sdk', () => import('@anthropic-ai/sdk'));
  return new Anthropic({
    apiKey,
    ...(endpoint.baseURL !== undefined && { baseURL: endpoint.baseURL }),
    maxRetries: 0,
    fetch,
    defaultHeaders: headers,
  });
}
