/** A model over HTTP: the real SDK, pointed at a simulator whose requests tell what reached it. */
import type { Model } from '../src/model.ts';
import { openai } from '@rolecall/router/openai';
import type { Simulator } from '@rolecall/simulator';

export function simulatedModel({ urls }: Simulator): Model {
  return openai('gpt-4o', { apiKey: 'simulated', baseURL: urls.openai, provider: 'openai' });
}

/** The text of every message of a request, in order. */
export function textsOf({ requests }: Simulator, index: number): readonly string[] {
  const body = requests[index]?.body as { messages?: { content: unknown }[] } | undefined;
  return (body?.messages ?? []).map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)));
}
