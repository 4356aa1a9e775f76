import type { Message, ModelRequest, ToolDefinition } from '@rolecall/core';
import { startSimulator } from '@rolecall/simulator';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { adapterCases } from '../testing.ts';
import { ollama, type OllamaOptions } from './ollama.ts';

const models = ['mistral', 'gpt-oss:20b', 'gpt-oss:120b-cloud'];
const simulator = await startSimulator({ models: { ollama: models } });
afterAll(() => simulator.close());
afterEach(() => {
  simulator.reset();
  vi.unstubAllEnvs();
});

const host = simulator.urls.ollama;
const make = (options: OllamaOptions = {}, id = 'mistral') => ollama(id, { host, ...options });
const ask = (more: Partial<ModelRequest> = {}): ModelRequest => ({ messages: [{ role: 'user', content: 'Go.' }], ...more });
const body = () => simulator.requests.at(-1)?.body;
const tides: ToolDefinition = {
  name: 'tides',
  parameters: { type: 'object', properties: { port: { type: 'string' } } },
  strict: true,
};
const pixel = 'iVBORw0KGgo=';

describe('conformance', () => {
  const cases = adapterCases({
    provider: 'ollama',
    createModel: () => make(),
    backend: simulator,
    without: ['tool_call_deltas', 'content_filter'], // it sends its calls whole, and filters nothing
  });
  for (const { title, run } of cases) test(title, run);
});

describe('what it sends', () => {
  test('holds the whole conversation, thoughts of its own and results with their names', async () => {
    const messages: Message[] = [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', base64: pixel, mediaType: 'image/png' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'A harbour.', provider: 'ollama' },
          { type: 'reasoning', text: 'Theirs.', provider: 'groq' },
        ],
        toolCalls: [
          { id: 'call_0', name: 'tides', arguments: '{"port":"Brest"}' },
          { id: 'call_1', name: 'tides', arguments: '' },
        ],
      },
      { role: 'tool', toolCallId: 'call_0', name: 'tides', content: 'High.' },
      { role: 'tool', toolCallId: 'call_1', name: 'tides', content: 'No such port.', isError: true },
    ];

    await make()({ messages });

    expect(body()).toMatchObject({
      stream: false,
      truncate: false,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What is this?', images: [pixel] },
        {
          role: 'assistant',
          content: '',
          thinking: 'A harbour.',
          tool_calls: [
            { id: 'call_0', function: { name: 'tides', arguments: { port: 'Brest' } } },
            { id: 'call_1', function: { name: 'tides', arguments: {} } },
          ],
        },
        { role: 'tool', content: 'High.', tool_name: 'tides', tool_call_id: 'call_0' },
        { role: 'tool', content: 'Error: No such port.', tool_name: 'tides', tool_call_id: 'call_1' },
      ],
    });
  });

  test('puts settings, context and provider options in their places', async () => {
    const settings = {
      temperature: 0.2,
      topP: 0.9,
      topK: 5,
      maxOutputTokens: 99,
      stop: ['END'],
      seed: 7,
      frequencyPenalty: 0.1,
      presencePenalty: 0.3,
    };
    const providerOptions = { ollama: { logprobs: true, options: { min_p: 0.05, top_k: 6 } } };

    const { metadata } = await make({ contextTokens: 8_192, keepAlive: '10m' })(ask({ settings, providerOptions }));

    expect(body()).toMatchObject({
      keep_alive: '10m',
      logprobs: true,
      options: Object.assign(
        { temperature: 0.2, top_p: 0.9, top_k: 6, num_predict: 99, stop: ['END'], seed: 7 },
        { frequency_penalty: 0.1, presence_penalty: 0.3, num_ctx: 8_192, min_p: 0.05 },
      ),
    });
    expect(metadata?.ignoredSettings).toBeUndefined();
  });

  test.each([
    ['mistral', 'low', true, undefined],
    ['mistral', 'none', false, undefined],
    ['gpt-oss:20b', 'high', 'high', undefined],
    ['gpt-oss:20b', 'minimal', 'low', undefined],
    ['gpt-oss:20b', 'none', 'low', ['reasoningEffort']],
  ] as const)('tells %s to think with effort %s as it can be told', async (id, reasoningEffort, think, ignored) => {
    const { metadata } = await make({}, id)(ask({ settings: { reasoningEffort } }));

    expect(body()).toMatchObject({ think });
    expect(metadata?.ignoredSettings).toEqual(ignored);
  });

  test('offers tools or does not, which is all the choice there is', async () => {
    const forced = await make()(ask({ tools: [tides], toolChoice: 'required' }));
    const offered = body();
    const none = await make()(ask({ tools: [tides], toolChoice: 'none' }));

    expect(offered).toMatchObject({ tools: [{ type: 'function', function: { name: 'tides', parameters: tides.parameters } }] });
    expect(forced.metadata?.ignoredSettings).toEqual(['toolChoice']);
    expect(body()).not.toHaveProperty('tools');
    expect(none.metadata?.ignoredSettings).toBeUndefined();
  });

  test('asks for a format only when there are no tools, which it would rule out', async () => {
    const outputSchema = { name: 'place', schema: { type: 'object', properties: { city: { type: 'string' } } } };

    await make()(ask({ outputSchema }));
    const alone = body();
    const { metadata } = await make()(ask({ outputSchema, tools: [tides] }));

    expect(alone).toMatchObject({ format: outputSchema.schema });
    expect(body()).not.toHaveProperty('format');
    expect(metadata?.ignoredSettings).toEqual(['outputSchema']);
  });

  test('never reads a file that an image seems to name', async () => {
    await make()({ messages: [{ role: 'user', content: [{ type: 'image', base64: '/etc/hosts', mediaType: 'image/png' }] }] });

    expect(body()).toMatchObject({ messages: [{ images: [Buffer.from('/etc/hosts', 'base64').toString('base64')] }] });
  });

  test.each([
    [{ type: 'image', url: 'https://example.com/a.png', name: 'map' }, /image part \(map\).*https:\/\/example\.com\/a\.png/],
    [{ type: 'audio', base64: 'AA==', mediaType: 'audio/wav' }, /audio part \(audio\/wav\)/],
    [{ type: 'file', base64: 'AA==', mediaType: 'application/pdf' }, /file part/],
  ] as const)('asks nobody when %j cannot be sent', async (part, reason) => {
    const answer = make()({ messages: [{ role: 'user', content: [part] }] });

    await expect(answer).rejects.toMatchObject({ code: 'invalid_request', reason: expect.stringMatching(reason) });
    expect(simulator.requests).toHaveLength(0);
  });
});

test('gives calls ids that the conversation has not used', async () => {
  const calls = ['call_1', 'theirs'].map((id) => ({ id, name: 'tides', arguments: '{}' }));
  simulator.answer({
    toolCalls: [
      { name: 'tides', arguments: { port: 'Brest' } },
      { name: 'tides', arguments: {} },
    ],
  });

  const { toolCalls } = await make()({ messages: [{ role: 'assistant', content: '', toolCalls: calls }], tools: [tides] });

  expect(toolCalls).toEqual([
    { id: 'call_2', name: 'tides', arguments: '{"port":"Brest"}' },
    { id: 'call_3', name: 'tides', arguments: '{}' },
  ]);
});

describe('where it looks', () => {
  test('the environment names the host in any form that Ollama takes', async () => {
    const { port } = new URL(host);
    for (const form of [host, `127.0.0.1:${port}`, `:${port}`]) {
      vi.stubEnv('OLLAMA_HOST', form);
      const { metadata } = await ollama('mistral')(ask());
      expect(metadata?.local).toBe(true);
    }

    expect(simulator.requests).toHaveLength(3);
  });

  test('a model is local unless its host or its name says otherwise', async () => {
    const local = await make()(ask());
    const cloud = await make({}, 'gpt-oss:120b-cloud')(ask());
    const told = await make({ local: false })(ask());

    expect([local, cloud, told].map(({ metadata }) => metadata?.local)).toEqual([true, undefined, undefined]);
  });

  test('a model that was not pulled is not found, and the reason tells how to get it', async () => {
    await expect(make({}, 'llama9')(ask())).rejects.toMatchObject({
      code: 'not_found',
      status: 404,
      reason: expect.stringContaining('ollama pull llama9'),
      local: true,
    });
  });

  test('names the option that is not what it should be', () => {
    expect(() => ollama('')).toThrow(/model id is ""/);
    expect(() => make({ contextTokens: 0 })).toThrow(/contextTokens is 0/);
    expect(() => make({ host: 'http://' })).toThrow(/^host .*no URL/);
  });
});
