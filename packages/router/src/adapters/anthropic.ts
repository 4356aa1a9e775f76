import type { Model } from '@rolecall/core';
import { readMessage } from './anthropic-answer.ts';
import { explain } from './anthropic-errors.ts';
import { decode } from './anthropic-message.ts';
import { encode, type MessagesBody } from './anthropic-request.ts';
import { attempt } from './call.ts';
import { type Endpoint, endpointOf } from './endpoint.ts';
import { type Facts, isSimulated, rateLimit } from './http.ts';
import { loadSdk } from './load-sdk.ts';

/** The part of the `@anthropic-ai/sdk` used here: `new Anthropic()` fits, and so does a stub. */
export interface AnthropicClient {
  readonly messages: {
    create(body: MessagesBody, options: AnthropicCallOptions): { asResponse(): Promise<Response> };
  };
}

export interface AnthropicCallOptions {
  readonly signal: AbortSignal;
  readonly maxRetries: number;
  readonly headers: Record<string, string>;
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
  /** What answers is no real provider. @default told by the answer's headers */
  readonly simulated?: boolean | undefined;
}

const vendor = {
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
  const { apiKey, baseURL, maxOutputTokens = 16_000, apiVersion, simulated } = options;
  if (typeof id !== 'string' || id === '') {
    throw new TypeError(`The model id is ${JSON.stringify(id)}: expected a name such as "claude-sonnet-5-5"`);
  }
  if (!Number.isSafeInteger(maxOutputTokens) || maxOutputTokens < 1) {
    throw new TypeError(`maxOutputTokens is ${maxOutputTokens}: expected a whole number above 0`);
  }
  const name = `anthropic/${id}`;
  const endpoint = endpointOf(vendor, { apiKey, baseURL });
  const headers = { ...options.headers, ...(apiVersion && { 'anthropic-version': apiVersion }) };
  const defaults = { name, maxOutputTokens, sampling: apiVersion === '2023-06-01' };
  let { client } = options;

  const model: Model = async (request) => {
    const facts: Facts = { model: name, simulated };
    return attempt(
      request,
      facts,
      async (delivery, signal) => {
        const { body, ignoredSettings } = encode(id, request, defaults);
        client ??= await createClient(name, endpoint);
        signal.throwIfAborted();
        facts.sent = true;
        const response = await client.messages.create(body, { signal, maxRetries: 0, headers }).asResponse();
        facts.requestId = response.headers.get('request-id') ?? undefined;
        facts.simulated ||= isSimulated(response.headers);
        const message = await readMessage(response, delivery, facts);
        return {
          ...decode(message, facts),
          metadata: {
            requestId: facts.requestId,
            servedModel: message.model,
            serviceTier: message.usage?.service_tier ?? undefined,
            rateLimit: rateLimit(response.headers),
            ignoredSettings: ignoredSettings.length > 0 ? ignoredSettings : undefined,
            simulated: facts.simulated || undefined,
            raw: message,
          },
        };
      },
      (error) => explain(error, facts),
    );
  };
  return Object.assign(model, { id: name });
}

async function createClient(model: string, endpoint: Endpoint): Promise<AnthropicClient> {
  const { apiKey, headers } = endpoint.credentials(model); // before the SDK: what is missing most often is said first
  const { Anthropic } = await loadSdk(model, '@anthropic-ai/sdk', () => import('@anthropic-ai/sdk'));
  return new Anthropic({
    apiKey,
    ...(endpoint.baseURL !== undefined && { baseURL: endpoint.baseURL }),
    maxRetries: 0,
    defaultHeaders: headers,
  });
}
