import { aClient, checkAdapter, hosted } from './adapter-options.ts';
import type { Model } from '@rolecall/core';
import { chatCompletions, type ChatCompletionsClient } from './chat-completions.ts';
import type { Dialect } from './chat-request.ts';
import { endpointOf, type Vendor } from './endpoint.ts';
import { loadSdk } from './load-sdk.ts';
import { Repeats } from './repeats.ts';

/** The part of the `groq-sdk` used here: `new Groq()` fits. */
export type GroqClient = ChatCompletionsClient;

export interface GroqOptions {
  /** A client of your own, with its own key and base URL. @default `new Groq()`, made at the first call */
  readonly client?: GroqClient | undefined;
  /** @default the environment's `GROQ_API_KEY`, which is never sent to a foreign `baseURL` that is given here */
  readonly apiKey?: string | undefined;
  /** @default the environment's `GROQ_BASE_URL`, or else Groq's own */
  readonly baseURL?: string | undefined;
  /** Further headers of every request. @default {} */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * What the client made here sends its requests with. @default `pooledFetch()`, at a fraction of the cost of `globalThis.fetch`, which
   * given here switches it off
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** A simulator answers here, even if it cannot say so itself. @default what the responses say */
  readonly simulated?: boolean | undefined;
}

const rules = { ...hosted, client: aClient('chat.completions.create') };

const vendor: Vendor = {
  host: 'api.groq.com',
  apiKeyVariable: 'GROQ_API_KEY',
  baseURLVariable: 'GROQ_BASE_URL',
  headersVariable: 'GROQ_CUSTOM_HEADERS',
};

/**
 * A model served by Groq.
 *
 * @example
 * const fast = groq('openai/gpt-oss-120b');
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export function groq(id: string, options: GroqOptions = {}): Model {
  checkAdapter('groq', options, rules);
  const { client, headers, simulated } = options;
  const endpoint = endpointOf(vendor, options);
  const requests = new Repeats(options);

  return chatCompletions({
    id,
    dialect: dialectOf(id),
    headers,
    simulated,
    requests,
    notConfigured: client ? undefined : () => endpoint.notConfigured(),
    acceptsPrefill: /\bllama\b/.test(id), // https://console.groq.com/docs/prefilling; the others on offer think first
    async connect() {
      if (client) return client;
      const credentials = endpoint.credentials(`groq/${id}`);
      const { Groq } = await loadSdk(`groq/${id}`, 'groq-sdk', () => import('groq-sdk'));
      return new Groq({
        apiKey: credentials.apiKey,
        defaultHeaders: credentials.headers,
        maxRetries: 0,
        timeout: 600_000, // as with the other SDKs; this one gives up after a minute, and time limits are the router's
        fetch: requests.fetch,
        ...(endpoint.baseURL !== undefined && { baseURL: endpoint.baseURL }),
      });
    },
  });
}

function dialectOf(id: string): Dialect {
  const isGptOss = /\bgpt-oss\b/.test(id);
  return {
    provider: 'groq',
    settings: {
      temperature: 'temperature',
      topP: 'top_p',
      maxOutputTokens: 'max_completion_tokens',
      stop: 'stop',
      seed: 'seed',
      reasoningEffort: 'reasoning_effort',
      parallelToolCalls: 'parallel_tool_calls',
      serviceTier: 'service_tier',
    }, // the API reference lists the penalties as supported by no model
    efforts: ['none', 'low', 'medium', 'high'],
    media: ['image'],
    reasoningField: () => 'reasoning',
    strictSchemas: isGptOss, // https://console.groq.com/docs/structured-outputs
    askForUsage: false, // it says so unasked, in `x_groq`, and its SDK does not know the question
    // Models that think write it into their text unless told to keep it apart; gpt-oss does so by itself and knows no format.
    extra: ({ settings: { reasoningEffort = 'none' } = {} }) =>
      reasoningEffort === 'none' || isGptOss ? {} : { reasoning_format: 'parsed' },
  };
}
