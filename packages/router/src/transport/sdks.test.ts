/** The four SDKs, over the pool: whole and streamed answers, and their own errors. */
import Anthropic, * as anthropicSdk from '@anthropic-ai/sdk';
import type { Model } from '@rolecall/core';
import { startSimulator } from '@rolecall/simulator';
import Groq, * as groqSdk from 'groq-sdk';
import { Ollama } from 'ollama';
import OpenAI, * as openaiSdk from 'openai';
import OpenAI6, * as openai6Sdk from 'openai-6';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { anthropic as anthropicAdapter } from '../adapters/anthropic.ts';
import { groq as groqAdapter } from '../adapters/groq.ts';
import { ollama as ollamaAdapter } from '../adapters/ollama.ts';
import { openai as openaiAdapter } from '../adapters/openai.ts';
import { pooledFetch } from './pooled-fetch.ts';

const adapters = { openai: openaiAdapter, groq: groqAdapter, anthropic: anthropicAdapter, ollama: ollamaAdapter };
const simulator = await startSimulator();
const { urls } = simulator;
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const messages = [{ role: 'user' as const, content: 'Go.' }];
const options = { apiKey: 'k', fetch: pooledFetch(), maxRetries: 0 };
const groq = new Groq({ ...options, baseURL: urls.groq });
const anthropic = new Anthropic({ ...options, baseURL: urls.anthropic });
const openai = new OpenAI({ ...options, baseURL: urls.openai });
const openai6 = new OpenAI6({ ...options, baseURL: urls.openai });

interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

/** What is the same about them, and the text of an answer, whole or streamed. */
const sdks = {
  openai: {
    classes: openaiSdk,
    whole: async (more?: CallOptions) =>
      (await openai.chat.completions.create({ model: 'gpt-4o', messages }, more)).choices[0]?.message.content,
    streamed: async (more?: CallOptions) => {
      let text = '';
      const stream = await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true }, more);
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
      return text;
    },
  },
  'openai 6': {
    classes: openai6Sdk,
    whole: async (more?: CallOptions) =>
      (await openai6.chat.completions.create({ model: 'gpt-4o', messages }, more)).choices[0]?.message.content,
    streamed: async (more?: CallOptions) =>
      (await openai6.chat.completions.stream({ model: 'gpt-4o', messages }, more).finalContent()) ?? '',
  },
  groq: {
    classes: groqSdk,
    whole: async (more?: CallOptions) =>
      (await groq.chat.completions.create({ model: 'openai/gpt-oss-20b', messages }, more)).choices[0]?.message.content,
    streamed: async (more?: CallOptions) => {
      let text = '';
      const stream = await groq.chat.completions.create({ model: 'openai/gpt-oss-20b', messages, stream: true }, more);
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
      return text;
    },
  },
  anthropic: {
    classes: anthropicSdk,
    whole: async (more?: CallOptions) => {
      const { content } = await anthropic.messages.create({ model: 'claude-sonnet-5-5', max_tokens: 99, messages }, more);
      return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    },
    streamed: async (more?: CallOptions) =>
      anthropic.messages.stream({ model: 'claude-sonnet-5-5', max_tokens: 99, messages }, more).finalText(),
  },
};

describe.each(Object.entries(sdks))('%s', (_, { classes, whole, streamed }) => {
  const text = 'One, two, three. 🌊';

  test('answers, whole and streamed', async () => {
    simulator.answer({ text, chunks: 4, times: 2 });

    expect(await whole()).toBe(text);
    expect(await streamed()).toBe(text);
  });

  test.each([
    [429, 'RateLimitError'],
    [500, 'InternalServerError'],
  ] as const)('throws its own error for status %i, with its headers', async (status, name) => {
    simulator.fault({ kind: 'status', status, headers: { 'retry-after': '7' } });

    const failure = await whole().catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(classes[name]);
    expect((failure as { headers: Headers }).headers.get('retry-after')).toBe('7');
  });

  test.each(['silence', 'stall'] as const)('throws its own error when aborted in the %s', async (kind) => {
    simulator.fault({ kind, afterChunks: 2 });
    const caller = new AbortController();

    const answer = (kind === 'stall' ? streamed : whole)({ signal: caller.signal }).catch((error: unknown) => error);
    await vi.waitFor(() => expect(simulator.requests).toHaveLength(1));
    if (kind === 'silence') caller.abort();
    else setTimeout(() => caller.abort(), 50);
    const outcome = await answer;

    // Some of their streams end in silence when aborted; none goes on.
    if (typeof outcome !== 'string') expect(outcome).toBeInstanceOf(classes.APIUserAbortError);
    await vi.waitFor(() => expect(simulator.requests[0]?.closedByClient).toBe(true));
  });

  test('throws its own error when its time is up, and hangs up', async () => {
    simulator.fault({ kind: 'silence' });

    await expect(whole({ timeout: 30 })).rejects.toBeInstanceOf(classes.APIConnectionTimeoutError);
    await vi.waitFor(() => expect(simulator.requests[0]?.closedByClient).toBe(true));
  });

  test('throws its own error for a connection that breaks', async () => {
    simulator.fault({ kind: 'reset' });

    await expect(whole()).rejects.toBeInstanceOf(classes.APIConnectionError);
  });
});

describe('ollama', () => {
  const ollama = new Ollama({ host: urls.ollama, fetch: pooledFetch() });

  test('answers, whole and streamed', async () => {
    simulator.answer({ text: 'One, two.', chunks: 3, times: 2 });

    const whole = await ollama.chat({ model: 'mistral', messages });
    let streamed = '';
    for await (const { message } of await ollama.chat({ model: 'mistral', messages, stream: true })) streamed += message.content;

    expect([whole.message.content, streamed]).toEqual(['One, two.', 'One, two.']);
  });

  test('throws its own error for a status', async () => {
    await expect(ollama.chat({ model: 'llama9', messages })).rejects.toMatchObject({ name: 'ResponseError', status_code: 404 });
  });

  test('aborts a stream, and hangs up', async () => {
    simulator.fault({ kind: 'stall', afterChunks: 1 });
    const stream = await ollama.chat({ model: 'mistral', messages, stream: true });

    const reading = (async () => {
      for await (const _ of stream) stream.abort();
    })();

    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    await vi.waitFor(() => expect(simulator.requests[0]?.closedByClient).toBe(true));
  });
});

describe.each<[string, (fetch?: typeof globalThis.fetch) => Model]>([
  ['openai', (fetch) => adapters.openai('gpt-4o', { apiKey: 'k', baseURL: urls.openai, fetch })],
  ['groq', (fetch) => adapters.groq('openai/gpt-oss-20b', { apiKey: 'k', baseURL: urls.groq, fetch })],
  ['anthropic', (fetch) => adapters.anthropic('claude-sonnet-5-5', { apiKey: 'k', baseURL: urls.anthropic, fetch })],
  ['ollama', (fetch) => adapters.ollama('mistral', { host: urls.ollama, fetch })],
])('the adapter of %s', (_, make) => {
  afterEach(() => void vi.unstubAllGlobals());

  test('sends its requests with the fetch it is given', async () => {
    const given = vi.fn<typeof fetch>((input, init) => fetch(input, init));

    await make(given)({ messages });
    await make(given)({ messages, onDelta() {} });

    expect(given).toHaveBeenCalledTimes(2);
  });

  test('leaves them to whoever has replaced fetch, and else to the pool', async () => {
    const original = fetch;
    const replaced = vi.fn<typeof fetch>((input, init) => original(input, init));
    const model = make();

    await model({ messages });
    vi.stubGlobal('fetch', replaced);
    await model({ messages });
    vi.unstubAllGlobals();
    await model({ messages });

    expect(replaced).toHaveBeenCalledTimes(1);
    expect(simulator.requests).toHaveLength(3);
  });
});
