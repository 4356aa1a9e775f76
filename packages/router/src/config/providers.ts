/** Who serves a model, by the prefix of its name: the words of LiteLLM, and where each provider is found. */
import { hint } from '../names.ts';

export interface Provider {
  readonly adapter: 'openai' | 'anthropic' | 'groq' | 'ollama';
  /** What prices and traces call it. @default its prefix */
  readonly name?: string | undefined;
  /** Its own address. Absent: there is none, so the file must say. */
  readonly baseURL?: string | undefined;
  /** The variables that may say otherwise, the first that is set being the one. */
  readonly baseURLVariables: readonly string[];
  /** The variables that may hold its key. */
  readonly apiKeyVariables: readonly string[];
  /** It answers nobody without a key. */
  readonly needsKey: boolean;
  /** It has no address of its own: its key is meant for the one that the file names. */
  readonly anywhere?: boolean | undefined;
  /** The adapter is made for it, and reads the first of the variables itself. */
  readonly native?: boolean | undefined;
}

/** Speaks the protocol of OpenAI, at an address everyone knows, and wants a key. */
function hosted(baseURL: string, variables: string, name?: string): Provider {
  const baseURLVariables = [`${variables}_API_BASE`];
  return { adapter: 'openai', name, baseURL, baseURLVariables, apiKeyVariables: [`${variables}_API_KEY`], needsKey: true };
}

/** Speaks the protocol of OpenAI, on one's own machines. */
function ownServer(variables: string, baseURL?: string, name?: string): Provider {
  const baseURLVariables = [`${variables}_API_BASE`];
  return {
    adapter: 'openai',
    name,
    baseURL,
    baseURLVariables,
    apiKeyVariables: [`${variables}_API_KEY`],
    needsKey: false,
    anywhere: true,
  };
}

const openaiProvider: Provider = {
  adapter: 'openai',
  baseURL: 'https://api.openai.com/v1',
  baseURLVariables: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
  apiKeyVariables: ['OPENAI_API_KEY'],
  needsKey: true,
  native: true,
};
const ollamaProvider: Provider = {
  adapter: 'ollama',
  baseURL: 'http://127.0.0.1:11434',
  baseURLVariables: ['OLLAMA_HOST', 'OLLAMA_API_BASE'],
  apiKeyVariables: ['OLLAMA_API_KEY'],
  needsKey: false,
  native: true,
};
const compatible: Provider = {
  adapter: 'openai',
  name: 'openai-compatible',
  baseURLVariables: [],
  apiKeyVariables: [],
  needsKey: false,
};

const providers: ReadonlyMap<string, Provider> = new Map<string, Provider>([
  ['openai', openaiProvider],
  [
    'anthropic',
    {
      adapter: 'anthropic',
      baseURL: 'https://api.anthropic.com',
      baseURLVariables: ['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_BASE'],
      apiKeyVariables: ['ANTHROPIC_API_KEY'],
      needsKey: true,
      native: true,
    },
  ],
  [
    'groq',
    {
      adapter: 'groq',
      baseURL: 'https://api.groq.com',
      baseURLVariables: ['GROQ_BASE_URL', 'GROQ_API_BASE'],
      apiKeyVariables: ['GROQ_API_KEY'],
      needsKey: true,
      native: true,
    },
  ],
  ['ollama', ollamaProvider],
  ['ollama_chat', { ...ollamaProvider, name: 'ollama' }],
  // The API of Azure that needs no date: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
  [
    'azure',
    {
      ...compatible,
      name: 'azure',
      baseURLVariables: ['AZURE_API_BASE'],
      apiKeyVariables: ['AZURE_API_KEY'],
      needsKey: true,
      anywhere: true,
    },
  ],
  ['cerebras', hosted('https://api.cerebras.ai/v1', 'CEREBRAS')],
  ['deepinfra', hosted('https://api.deepinfra.com/v1/openai', 'DEEPINFRA')],
  ['deepseek', hosted('https://api.deepseek.com/v1', 'DEEPSEEK')],
  ['fireworks_ai', hosted('https://api.fireworks.ai/inference/v1', 'FIREWORKS', 'fireworks')],
  ['gemini', hosted('https://generativelanguage.googleapis.com/v1beta/openai', 'GEMINI', 'google')],
  ['mistral', hosted('https://api.mistral.ai/v1', 'MISTRAL')],
  ['nvidia_nim', hosted('https://integrate.api.nvidia.com/v1', 'NVIDIA_NIM')],
  ['openrouter', hosted('https://openrouter.ai/api/v1', 'OPENROUTER')],
  ['perplexity', hosted('https://api.perplexity.ai', 'PERPLEXITY')],
  ['sambanova', hosted('https://api.sambanova.ai/v1', 'SAMBANOVA')],
  ['together_ai', hosted('https://api.together.xyz/v1', 'TOGETHER', 'together')],
  ['xai', hosted('https://api.x.ai/v1', 'XAI', 'x-ai')],
  ['hosted_vllm', ownServer('HOSTED_VLLM', undefined, 'vllm')],
  ['litellm_proxy', ownServer('LITELLM_PROXY')],
  ['llamafile', ownServer('LLAMAFILE', 'http://127.0.0.1:8080/v1')],
  ['lm_studio', ownServer('LM_STUDIO', 'http://127.0.0.1:1234/v1')],
  ['custom_openai', compatible],
  ['openai_like', compatible],
]);

export interface ServedModel {
  /** The prefix, as the file has it or as the name implies. */
  readonly prefix: string;
  readonly provider: Provider;
  /** What the provider calls the model. */
  readonly id: string;
}

/** Who serves that model, or a sentence that says which names there are. `given` is the file's `custom_llm_provider`. */
export function servedModel(model: string, given?: string): ServedModel | string {
  const slash = model.indexOf('/');
  const prefix = slash > 0 ? model.slice(0, slash) : undefined;
  const chosen = given ?? (prefix !== undefined && providers.has(prefix) ? prefix : implied(model));
  const provider = chosen === undefined ? undefined : providers.get(chosen);
  if (chosen !== undefined && provider) {
    const id = prefix === chosen ? model.slice(slash + 1) : model;
    return id === '' ? 'names a provider and no model' : { prefix: chosen, provider, id };
  }
  const unknown = chosen ?? prefix;
  const names = [...providers.keys()];
  const what = unknown === undefined ? 'does not say who serves it: write it as provider/name' : 'is of no provider known here';
  const near = unknown === undefined ? '' : hint(unknown, names);
  return `${what}; the providers are ${names.join(', ')}.${near} Whatever speaks the protocol of OpenAI is openai/name with an api_base.`;
}

/** Two families of names that nobody else uses. */
function implied(model: string): string | undefined {
  if (/^(?:gpt-|chatgpt-|o\d|ft:gpt-|text-embedding-(?:3|ada)-)/.test(model)) return 'openai';
  return model.startsWith('claude-') ? 'anthropic' : undefined;
}
