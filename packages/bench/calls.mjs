// One call, whole: every way to make it that is compared in call-cost.mjs.
import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter, pooledFetch } from '@rolecall/router';
import { anthropic } from '@rolecall/router/anthropic';
import { groq } from '@rolecall/router/groq';
import { ollama } from '@rolecall/router/ollama';
import { openai } from '@rolecall/router/openai';

const messages = [
  { role: 'system', content: 'You answer in one short paragraph.' },
  { role: 'user', content: 'Why does the tide come in twice a day, and who has to ask it to?' },
];
const apiKey = 'sk-bench';
const bare = {
  async openai(url, fetch) {
    const { OpenAI } = await import('openai');
    const client = new OpenAI({ apiKey, baseURL: `${url}/v1`, fetch, maxRetries: 0 });
    return () => client.chat.completions.create({ model: 'gpt-4o', messages });
  },
  async groq(url, fetch) {
    const { Groq } = await import('groq-sdk');
    const client = new Groq({ apiKey, baseURL: url, fetch, maxRetries: 0 });
    return () => client.chat.completions.create({ model: 'llama-3.3-70b-versatile', messages });
  },
  async anthropic(url, fetch) {
    const { Anthropic } = await import('@anthropic-ai/sdk');
    const client = new Anthropic({ apiKey, baseURL: url, fetch, maxRetries: 0 });
    const [{ content: system }, question] = messages;
    return () => client.messages.create({ model: 'claude-sonnet-5-5', max_tokens: 1_000, system, messages: [question] });
  },
  async ollama(url, fetch) {
    const { Ollama } = await import('ollama');
    const client = new Ollama({ host: url, fetch });
    return () => client.chat({ model: 'mistral', messages });
  },
};
const adapters = {
  openai: (url, fetch) => openai('gpt-4o', { apiKey, baseURL: `${url}/v1`, provider: 'openai', fetch }),
  groq: (url, fetch) => groq('llama-3.3-70b-versatile', { apiKey, baseURL: url, fetch }),
  anthropic: (url, fetch) => anthropic('claude-sonnet-5-5', { apiKey, baseURL: url, provider: 'anthropic', fetch }),
  ollama: (url, fetch) => ollama('mistral', { host: url, fetch }),
};

/** Retries, fallback, cooldown and time limits are on by default; the tracker prices every attempt. */
function routed(adapter) {
  return async (url, fetch) => {
    const tracker = new CostTracker();
    const router = createRouter({
      models: { first: adapter(url, fetch), second: adapter(url, fetch) },
      roles: { bench: ['first', 'second'] },
      wrap: [tracker.wrap],
    });
    return () => router({ role: 'bench', messages });
  };
}

async function rawFetch(url) {
  const body = { model: 'gpt-4o', messages };
  const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${apiKey}` };
  return async () => {
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(body) });
    return response.json();
  };
}

async function vercel(url) {
  const { generateText } = await import('ai');
  const { createFallback } = await import('ai-fallback');
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const provider = createOpenAICompatible({ name: 'bench', apiKey, baseURL: `${url}/v1` });
  const model = createFallback({ models: [provider('gpt-4o'), provider('gpt-4o-mini')] });
  const [{ content: system }, { content: prompt }] = messages;
  return () => generateText({ model, system, prompt });
}

async function langchain(url) {
  const { ChatOpenAI } = await import('@langchain/openai');
  const make = (model) => new ChatOpenAI({ model, apiKey, configuration: { baseURL: `${url}/v1` } });
  const model = make('gpt-4o').withFallbacks([make('gpt-4o-mini')]);
  return () => model.invoke(messages.map(({ role, content }) => [role, content]));
}

export const sdks = Object.keys(bare);
export const subjects = {
  'global fetch, by hand': rawFetch,
  ...Object.fromEntries(
    sdks.flatMap((sdk) => [
      [`${sdk}, global fetch`, (url) => bare[sdk](url, globalThis.fetch)],
      [`${sdk}, pooled`, (url) => bare[sdk](url, pooledFetch())],
      [`${sdk}, pooled, routed`, (url) => routed(adapters[sdk])(url)],
    ]),
  ),
  'openai, global fetch, routed': (url) => routed(adapters.openai)(url, globalThis.fetch),
  'Vercel AI SDK 6 + ai-fallback': vercel,
  'LangChain with fallbacks': langchain,
};
