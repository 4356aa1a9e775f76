/**
 * Which backend stands behind each named model: the real one where a key or a running Ollama is found, the simulator for the rest.
 * A provider that is to be out of order is always the simulator's, with its port closed: no real key is used for it.
 */
import type { Model } from '@rolecall/core';
import { anthropic } from '@rolecall/router/anthropic';
import { groq } from '@rolecall/router/groq';
import { ollama } from '@rolecall/router/ollama';
import { openai } from '@rolecall/router/openai';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { modelIds, type ModelName } from './models.ts';

export const providers = ['openai', 'anthropic', 'groq', 'ollama'] as const;
export type Provider = (typeof providers)[number];

export interface Backends {
  models: Record<ModelName, Model>;
  /** One line a named model: who will answer, and what would change it. */
  lines: string[];
  close(): Promise<void>;
}

const providerOf: Record<ModelName, Provider> = {
  'gpt-4': 'openai',
  'claude-sonnet': 'anthropic',
  'groq-fast': 'groq',
  'local-mistral': 'ollama',
  'local-llama': 'ollama',
};

const keyOf = { openai: 'OPENAI_API_KEY', anthropic: 'ANTHROPIC_API_KEY', groq: 'GROQ_API_KEY' } as const;

export async function findBackends(outage?: Provider): Promise<Backends> {
  const pulled = await modelsOfOllama();
  const simulator = await startSimulator({
    models: { ollama: [modelIds['local-mistral'], modelIds['local-llama']] },
    latencyMs: { [modelIds['gpt-4']]: 900, [modelIds['claude-sonnet']]: 700, [modelIds['groq-fast']]: 250 },
  });
  if (outage) await simulator.takeDown(outage);

  const found = Object.entries(providerOf).map(([name, provider]): [string, Model, string] => {
    const id = modelIds[name as ModelName];
    const missing = whatIsMissing(provider, id, pulled);
    if (provider === outage) return [name, simulated(provider, id, simulator), `${provider} is down, as you asked`];
    if (missing) return [name, simulated(provider, id, simulator), `simulator (${missing})`];
    return [name, real(provider, id), 'the real one'];
  });
  return {
    models: Object.fromEntries(found.map(([name, model]) => [name, model])) as Record<ModelName, Model>,
    lines: found.map(([name, model, who]) => `  ${name.padEnd(14)} ${(model.id ?? '').padEnd(28)} ${who}`),
    close: () => simulator.close(),
  };
}

/** What keeps the real backend from being used, or `undefined` when nothing does. */
function whatIsMissing(provider: Provider, id: string, pulled: readonly string[] | undefined): string | undefined {
  if (provider !== 'ollama') return process.env[keyOf[provider]] ? undefined : `set ${keyOf[provider]} for the real one`;
  if (!pulled) return 'start Ollama for the real one';
  const isPulled = pulled.some((tag) => tag === id || tag === `${id}:latest`);
  return isPulled ? undefined : `run "ollama pull ${id}" for the real one`;
}

function real(provider: Provider, id: string): Model {
  return { openai, anthropic, groq, ollama }[provider](id);
}

function simulated(provider: Provider, id: string, { urls }: Simulator): Model {
  const apiKey = 'simulated';
  switch (provider) {
    case 'openai':
      return openai(id, { apiKey, baseURL: urls.openai, provider: 'openai', local: false, simulated: true });
    case 'anthropic':
      return anthropic(id, { apiKey, baseURL: urls.anthropic, provider: 'anthropic', simulated: true });
    case 'groq':
      return groq(id, { apiKey, baseURL: urls.groq, simulated: true });
    case 'ollama':
      return ollama(id, { host: urls.ollama, simulated: true });
  }
}

/** The models a running Ollama has, or `undefined` when none answers. */
async function modelsOfOllama(): Promise<string[] | undefined> {
  const host = process.env['OLLAMA_HOST'] ?? '127.0.0.1:11434';
  const url = /^https?:\/\//.test(host) ? host : `http://${host}`;
  try {
    const response = await fetch(new URL('/api/tags', url), { signal: AbortSignal.timeout(500) });
    const { models } = (await response.json()) as { models: { name: string }[] };
    return models.map(({ name }) => name);
  } catch {
    return undefined; // nobody there is an ordinary answer to this question
  }
}
