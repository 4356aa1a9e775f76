/** The vendors' SDKs, pointed at a simulator: what every test of it talks through. */
import Anthropic from '@anthropic-ai/sdk';
import Groq from 'groq-sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import type { ProviderName, Simulator } from '../src/index.ts';

export interface Clients {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
  readonly groq: Groq;
  readonly ollama: Ollama;
}

export function clientsFor({ urls }: Simulator): Clients {
  const shared = { apiKey: 'test-key', maxRetries: 0, logLevel: 'off' } as const;
  return {
    openai: new OpenAI({ ...shared, baseURL: urls.openai }),
    anthropic: new Anthropic({ ...shared, baseURL: urls.anthropic }),
    groq: new Groq({ ...shared, baseURL: urls.groq }),
    ollama: new Ollama({ host: urls.ollama }),
  };
}

/** A model each provider has. */
export const modelOf: Readonly<Record<ProviderName, string>> = {
  openai: 'gpt-4o',
  anthropic: 'claude-sonnet-5-5',
  groq: 'llama-3.3-70b-versatile',
  ollama: 'llama3.2',
};

const pathOf: Readonly<Record<ProviderName, string>> = {
  openai: '/chat/completions',
  anthropic: '/v1/messages',
  groq: '/openai/v1/chat/completions',
  ollama: '/api/chat',
};

/** A body every provider accepts. */
export function bodyFor(provider: ProviderName, stream = false): Record<string, unknown> {
  const limit = provider === 'anthropic' ? { max_tokens: 1_000 } : {};
  return { model: modelOf[provider], stream, messages: [{ role: 'user', content: 'Hello there' }], ...limit };
}

export interface PostOptions {
  readonly path?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A request without an SDK in between, to see what is on the wire. */
export function post(simulator: Simulator, provider: ProviderName, body: unknown, options: PostOptions = {}): Promise<Response> {
  const {
    path = pathOf[provider],
    headers = { authorization: 'Bearer test-key', 'anthropic-version': '2023-06-01' },
    signal,
  } = options;
  return fetch(simulator.urls[provider] + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}

/** Asks through the SDK for a stream; `onText` sees each piece. Throws what the SDK throws. */
export async function streamText(clients: Clients, provider: ProviderName, onText: (text: string) => void): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'Hello there' }];
  const model = modelOf[provider];
  switch (provider) {
    case 'openai':
      for await (const chunk of await clients.openai.chat.completions.create({ model, messages, stream: true })) {
        onText(chunk.choices[0]?.delta.content ?? '');
      }
      return;
    case 'groq':
      for await (const chunk of await clients.groq.chat.completions.create({ model, messages, stream: true })) {
        onText(chunk.choices[0]?.delta.content ?? '');
      }
      return;
    case 'anthropic':
      for await (const event of await clients.anthropic.messages.create({ model, messages, max_tokens: 1_000, stream: true })) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') onText(event.delta.text);
      }
      return;
    case 'ollama':
      for await (const part of await clients.ollama.chat({ model, messages, stream: true })) onText(part.message.content);
  }
}

/** Asks through the SDK for a whole answer. Throws what the SDK throws. */
export async function plainText(clients: Clients, provider: ProviderName): Promise<string> {
  const messages = [{ role: 'user' as const, content: 'Hello there' }];
  const model = modelOf[provider];
  switch (provider) {
    case 'openai':
      return (await clients.openai.chat.completions.create({ model, messages })).choices[0]?.message.content ?? '';
    case 'groq':
      return (await clients.groq.chat.completions.create({ model, messages })).choices[0]?.message.content ?? '';
    case 'anthropic': {
      const { content } = await clients.anthropic.messages.create({ model, messages, max_tokens: 1_000 });
      return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    }
    default:
      return (await clients.ollama.chat({ model, messages })).message.content;
  }
}
