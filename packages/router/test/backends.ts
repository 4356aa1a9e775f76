/** The four adapters with their real SDKs, pointed at a simulator: what the tests of faults talk through. */
import type { Model } from '@rolecall/core';
import type { ProviderName, SeenRequest, Simulator } from '@rolecall/simulator';
import { anthropic } from '../src/adapters/anthropic.ts';
import { groq } from '../src/adapters/groq.ts';
import { ollama } from '../src/adapters/ollama.ts';
import { openai } from '../src/adapters/openai.ts';

export const providers = ['openai', 'anthropic', 'groq', 'ollama'] as const satisfies readonly ProviderName[];

/** Every provider, followed by every other. */
export const pairs: readonly (readonly [ProviderName, ProviderName])[] = providers.flatMap((from) =>
  providers.filter((to) => to !== from).map((to) => [from, to] as const),
);

/** What only requests to this provider may carry. */
export function secretsOf(provider: ProviderName): { readonly key: string; readonly header: string } {
  return { key: `key-of-${provider}`, header: `header-of-${provider}` };
}

/** A backend with a key and a header of its own. `at` is where its SDK sends requests, in the place of the simulator. */
export function backend(provider: ProviderName, { urls }: Pick<Simulator, 'urls'>, at: string = urls[provider]): Model {
  const { key: apiKey, header } = secretsOf(provider);
  const headers = { 'x-only-here': header };
  const shared = { apiKey, baseURL: at, headers };
  if (provider === 'openai') return openai('gpt-4o', { ...shared, provider: 'openai' });
  if (provider === 'anthropic') return anthropic('claude-sonnet-5-5', { ...shared, provider: 'anthropic' });
  if (provider === 'groq') return groq('llama-3.3-70b-versatile', shared);
  return ollama('llama3.2', { host: at, headers: { ...headers, authorization: `Bearer ${apiKey}` } });
}

/** The requests that one provider saw. */
export function seenBy(provider: ProviderName, { requests }: Simulator): readonly SeenRequest[] {
  return requests.filter((request) => request.provider === provider);
}
