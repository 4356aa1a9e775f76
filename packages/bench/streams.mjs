// One answer of a thousand chunks, streamed: every way to read it that is compared in stream-cost.mjs.
import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter } from '@rolecall/router';
import { openai } from '@rolecall/router/openai';

const apiKey = 'sk-bench';
const kinds = ['burst', 'paced'];
const ask = (content) => ({ model: 'gpt-4o', messages: [{ role: 'user', content }], stream: true });
export const chunks = 1_000;

function expectAll(count) {
  if (count !== chunks) throw new Error(`${count} of ${chunks} chunks came`);
}

/** As little as can be done to read a stream. */
async function reader(url, kind) {
  const { Pool } = await import('undici');
  const pool = new Pool(url);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
  return async () => {
    const { body } = await pool.request({
      path: '/v1/chat/completions',
      method: 'POST',
      headers,
      body: JSON.stringify(ask(kind)),
    });
    const decoder = new TextDecoder();
    let rest = '';
    let count = 0;
    for await (const bytes of body) {
      const events = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
      rest = events.pop();
      for (const event of events) {
        if (event.startsWith('data: {') && JSON.parse(event.slice(6)).choices[0]?.delta.content) count++;
      }
    }
    expectAll(count);
  };
}

const listening = (model, kind) => async () => {
  let count = 0;
  await model({ role: 'bench', messages: [{ role: 'user', content: kind }], onDelta: () => void count++ });
  expectAll(count);
};
const adapter = (url) => openai('gpt-4o', { apiKey, baseURL: `${url}/v1`, provider: 'openai' });

async function routed(url, kind) {
  const tracker = new CostTracker();
  const models = { first: adapter(url), second: adapter(url) };
  return listening(createRouter({ models, roles: { bench: ['first', 'second'] }, wrap: [tracker.wrap] }), kind);
}

async function relayed(url, kind) {
  const models = { first: adapter(url), second: adapter(url) };
  const router = createRouter({ models, roles: { bench: ['first', 'second'] } });
  return async () => {
    let bytes = 0;
    const onBytes = (chunk) => void (bytes += chunk.length);
    await router({ role: 'bench', messages: [], wire: { api: 'chat.completions', body: ask(kind), onBytes } });
    if (bytes === 0) throw new Error('nothing came');
  };
}

async function sdk(url, kind) {
  const { OpenAI } = await import('openai');
  const client = new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
  return async () => {
    let count = 0;
    for await (const { choices } of await client.chat.completions.create(ask(kind))) if (choices[0]?.delta.content) count++;
    expectAll(count);
  };
}

async function vercel(url, kind) {
  const { streamText } = await import('ai');
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const model = createOpenAICompatible({ name: 'bench', apiKey, baseURL: `${url}/v1` })('gpt-4o');
  return async () => {
    let count = 0;
    for await (const piece of streamText({ model, prompt: kind }).textStream) if (piece) count++;
    expectAll(count);
  };
}

export const readers = {
  'undici and eight lines': reader,
  'adapter, pooled': async (url, kind) => listening(adapter(url), kind),
  'adapter, pooled, routed': routed,
  'the same, relayed as bytes': relayed,
  'openai 7, iterated': sdk,
  'Vercel AI SDK 6, textStream': vercel,
};
export const subjects = Object.fromEntries(
  Object.entries(readers).flatMap(([name, make]) => kinds.map((kind) => [`${name}, ${kind}`, (url) => make(url, kind)])),
);
