import type { Simulator } from '@rolecall/simulator';
import OpenAI from 'openai';

export type Fetch = typeof globalThis.fetch;

export const ask = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hello there' }] };

/** OpenAI's client, talking to a simulator. */
export function newClient({ urls }: Simulator, fetch?: Fetch): OpenAI {
  return new OpenAI({ apiKey: 'k', baseURL: urls.openai, maxRetries: 0, logLevel: 'off', ...(fetch && { fetch }) });
}

/** The same, without the header that tells a simulator from a provider. */
export const disguised: Fetch = async (url, init) => {
  const response = await fetch(url, init);
  const headers = new Headers(response.headers);
  headers.delete('x-rolecall-simulator');
  return new Response(response.body, { status: response.status, headers });
};
