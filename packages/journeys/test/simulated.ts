/** Models that speak to the simulator by a provider's own HTTP, and what reached it there. */
import type { Model } from '@rolecall/core';
import { openai } from '@rolecall/router/openai';
import type { Simulator } from '@rolecall/simulator';

export function modelOf(simulator: Simulator): Model {
  return openai('gpt-4o', { apiKey: 'simulated', baseURL: simulator.urls.openai, provider: 'openai' });
}

/** The text of every message of a request, in order. */
export function textsOf({ requests }: Simulator, index: number): readonly string[] {
  const body = requests[index]?.body as { messages?: { content: unknown }[] } | undefined;
  return (body?.messages ?? []).map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)));
}
