import type { Model } from '@rolecall/core';
import { aClient, aFlag, checkAdapter, hosted, standIn } from './adapter-options.ts';
import { chatCompletions, type ChatCompletionsClient, type RelayedApi } from './chat-completions.ts';
import type { Dialect } from './chat-request.ts';
import { decodeEmbeddings } from './embeddings-answer.ts';
import { endpointOf, type Vendor } from './endpoint.ts';
import { isLocalHost } from './http.ts';
import { loadSdk } from './load-sdk.ts';
import { Repeats } from './repeats.ts';
import { decodeResponses } from './responses-answer.ts';

/** The part of the `openai` SDK used here: `new OpenAI()` fits, of version 6 or 7. */
export type OpenAIClient = ChatCompletionsClient;

export interface OpenAIOptions {
  /** A client of your own, with its own key and base URL. @default `new OpenAI()`, made at the first call */
  readonly client?: OpenAIClient | undefined;
  /** @default the environment's `OPENAI_API_KEY`, which is never sent to a foreign `baseURL` that is given here */
  readonly apiKey?: string | undefined;
  /** Where a compatible server answers. @default the environment's `OPENAI_BASE_URL`, or else OpenAI's own */
  readonly baseURL?: string | undefined;
  /**
   * Whose prices, options and reasoning apply; `'openai'` holds for whatever stands in for OpenAI.
   * @default 'openai' at OpenAI's own host, `'openai-compatible'` at any other
   */
  readonly provider?: string | undefined;
  /** The model runs on your own machines, so nobody sends a bill. @default true at a local host, unless the provider is `'openai'` */
  readonly local?: boolean | undefined;
  /** Further headers of every request. @default {} */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * What the client made here sends its requests with. @default `pooledFetch()`, at a fraction of the cost of `globalThis.fetch`, which
   * given here switches it off
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** A simulator answers here, even if it cannot say so itself. @default what the responses say */
  readonly simulated?: boolean | undefined;
  /** The server continues an answer that stands as the last message, as llama.cpp does; others begin anew or refuse. @default false */
  readonly acceptsPrefill?: boolean | undefined;
  /** Asks for the usage of a stream; a few compatible servers refuse the question. @default true */
  readonly includeUsage?: boolean | undefined;
}

const rules = {
  ...hosted,
  ...standIn,
  client: aClient('chat.completions.create'),
  acceptsPrefill: aFlag,
  includeUsage: aFlag,
};

const vendor: Vendor = {
  host: 'api.openai.com',
  apiKeyVariable: 'OPENAI_API_KEY',
  baseURLVariable: 'OPENAI_BASE_URL',
  headersVariable: 'OPENAI_CUSTOM_HEADERS',
};

/**
 * A model served by OpenAI, or by anything that speaks its chat completions protocol.
 *
 * @example
 * const gpt = openai('gpt-4o');
 * const local = openai('mistral', { baseURL: 'http://localhost:8000/v1', provider: 'vllm' });
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export function openai(id: string, options: OpenAIOptions = {}): Model {
  checkAdapter('openai', options, rules);
  const { client, apiKey, headers, local, simulated, includeUsage = true } = options;
  const endpoint = endpointOf(vendor, { apiKey, baseURL: client?.baseURL ?? options.baseURL });
  const provider = options.provider ?? (endpoint.foreign ? 'openai-compatible' : 'openai');
  const isOpenAI = provider === 'openai';
  const requests = new Repeats(options);

  return chatCompletions({
    id,
    dialect: { ...(isOpenAI ? openaiDialect : compatibleDialect), provider, askForUsage: includeUsage },
    headers,
    local: local ?? (!isOpenAI && endpoint.baseURL !== undefined && isLocalHost(endpoint.baseURL)),
    simulated,
    // What a stub cannot post cannot be relayed.
    otherApis: client && !client.post ? {} : otherApis,
    requests,
    notConfigured: client ? undefined : () => endpoint.notConfigured(),
    acceptsPrefill: options.acceptsPrefill ?? false,
    async connect() {
      if (client) return client;
      const model = `${provider}/${id}`;
      const credentials = endpoint.credentials(model);
      const { OpenAI } = await loadSdk(model, 'openai', () => import('openai'));
      return new OpenAI({
        apiKey: credentials.apiKey,
        defaultHeaders: credentials.headers,
        maxRetries: 0,
        fetch: requests.fetch,
        ...(endpoint.baseURL !== undefined && { baseURL: endpoint.baseURL }),
        // Who you are at OpenAI is nobody else's business.
        ...(endpoint.foreign && { organization: null, project: null, adminAPIKey: null }),
      });
    },
  });
}

const otherApis: Readonly<Record<string, RelayedApi>> = {
  responses: { path: '/responses', decode: decodeResponses },
  embeddings: { path: '/embeddings', decode: decodeEmbeddings },
};

const words: Dialect['settings'] = {
  temperature: 'temperature',
  topP: 'top_p',
  stop: 'stop',
  seed: 'seed',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  reasoningEffort: 'reasoning_effort',
  parallelToolCalls: 'parallel_tool_calls',
  serviceTier: 'service_tier',
};

type DialectOfOne = Omit<Dialect, 'provider' | 'askForUsage'>;

const openaiDialect: DialectOfOne = {
  settings: { ...words, maxOutputTokens: 'max_completion_tokens' },
  media: ['image', 'audio', 'file'],
  reasoningField: () => undefined, // chat completions neither show reasoning nor take it back
  strictSchemas: true,
};

/** What vLLM, LM Studio, llama.cpp, OpenRouter and their like have in common. */
const compatibleDialect: DialectOfOne = {
  settings: { ...words, topK: 'top_k', maxOutputTokens: 'max_tokens' },
  media: ['image', 'audio', 'file'],
  // Between tool calls a model needs its own thoughts back; after an answer some servers refuse them.
  reasoningField: (field = 'reasoning_content', hasToolCalls) => (hasToolCalls ? field : undefined),
  strictSchemas: true,
};
