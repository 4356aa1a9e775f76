import Anthropic from '@anthropic-ai/sdk';
import type { ModelRequest, ToolDefinition } from '@rolecall/core';
import { startSimulator } from '@rolecall/simulator';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { adapterCases } from '../testing.ts';
import { anthropic, type AnthropicOptions } from './anthropic.ts';

const simulator = await startSimulator();
afterAll(() => simulator.close());
afterEach(() => {
  simulator.reset();
  vi.unstubAllEnvs();
});

const baseURL = simulator.urls.anthropic;
const make = (options: AnthropicOptions = {}, id = 'claude-sonnet-5-5') =>
  anthropic(id, { apiKey: 'test-key', baseURL, provider: 'anthropic', ...options });
const ask = (more: Partial<ModelRequest> = {}): ModelRequest => ({ messages: [{ role: 'user', content: 'Go.' }], ...more });
const seen = () => simulator.requests.at(-1);
const tides: ToolDefinition = {
  name: 'tides',
  description: 'Tells the tides.',
  parameters: { type: 'object', properties: { port: { type: 'string', minLength: 1 } }, required: ['port'] },
};

describe('conformance', () => {
  const cases = adapterCases({
    provider: 'anthropic',
    createModel: ({ apiKey }) => make({ apiKey }),
    createWithoutKey: () => {
      vi.stubEnv('ANTHROPIC_API_KEY', '');
      vi.stubEnv('ANTHROPIC_BASE_URL', '');
      return anthropic('claude-sonnet-5-5');
    },
    backend: simulator,
    wires: [{ api: 'messages', body: { max_tokens: 4_000, messages: [{ role: 'user', content: 'Go.' }] } }],
  });
  for (const { title, run } of cases) test(title, run);
});

describe('what it sends', () => {
  test('says how many tokens an answer may have, because the API must be told', async () => {
    await make()(ask());
    const byDefault = seen()?.body;
    await make({ maxOutputTokens: 777 })(ask());
    const byOption = seen()?.body;
    await make({ maxOutputTokens: 777 })(ask({ settings: { maxOutputTokens: 55 } }));

    expect(byDefault).toMatchObject({ max_tokens: 16_000 });
    expect(byOption).toMatchObject({ max_tokens: 777 });
    expect(seen()?.body).toMatchObject({ max_tokens: 55 });
  });

  test('leaves out the sampling settings that the API no longer takes, and says so', async () => {
    const settings = { temperature: 0.3, topP: 0.9, topK: 5 };

    const { metadata } = await make()(ask({ settings }));

    expect(seen()?.headers['anthropic-version']).toBe('2026-10-21');
    expect(seen()?.body).not.toHaveProperty('temperature');
    expect(metadata?.ignoredSettings).toEqual(['temperature', 'topP', 'topK']);
  });

  test.each([
    [{ temperature: 0.3, topK: 5 }, { temperature: 0.3, top_k: 5 }, undefined],
    [{ topP: 0.9 }, { top_p: 0.9 }, undefined],
    [{ temperature: 0.3, topP: 0.9 }, { temperature: 0.3 }, ['topP']],
    [{ temperature: 1.5 }, {}, ['temperature']],
    [{ temperature: 0.3, topK: 5, topP: 0.97, reasoningEffort: 'low' }, { top_p: 0.97 }, ['temperature', 'topK']],
  ] as const)('sends of %j what the older API version takes', async (settings, expected, ignored) => {
    const { metadata } = await make({ apiVersion: '2023-06-01' }, 'claude-opus-4-6')(ask({ settings }));

    const { temperature, top_p, top_k } = (seen()?.body ?? {}) as Record<string, unknown>;
    expect(seen()?.headers['anthropic-version']).toBe('2023-06-01');
    expect({ temperature, top_p, top_k }).toEqual({ temperature: undefined, top_p: undefined, top_k: undefined, ...expected });
    expect(metadata?.ignoredSettings).toEqual(ignored);
  });

  test('a relayed request brings its version and its betas, which come on top of those configured, and nothing else', async () => {
    const wire = {
      api: 'messages',
      body: { max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] },
      headers: { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'theirs', 'x-api-key': 'stolen' },
    };
    const model = make({ headers: { 'Anthropic-Beta': 'ours' }, apiVersion: '2026-10-21' });

    await model({ messages: [], wire });
    const relayed = seen()?.headers;
    await model(ask());

    expect(relayed).toMatchObject({ 'anthropic-version': '2023-06-01', 'anthropic-beta': 'ours, theirs' });
    expect(relayed?.['x-api-key']).not.toBe('stolen');
    expect(seen()?.headers).toMatchObject({ 'anthropic-version': '2026-10-21', 'anthropic-beta': 'ours' });
  });

  test.each(['anthropic-version', 'anthropic-beta'])(
    'a relayed %s that no header can have is said, and nothing is sent',
    async (field) => {
      const wire = { api: 'messages', body: { max_tokens: 9, messages: [] }, headers: { [field]: 'a\nsecret: b' } };
      const before = seen();

      const error = await make()({ messages: [], wire }).catch((thrown: unknown) => thrown);

      expect(error).toMatchObject({ name: 'ModelError', code: 'invalid_request', possiblyBilled: false });
      expect((error as Error).message).toContain(`invalid_request: wire.headers["${field}"] is no value that a header can have`);
      expect(seen()).toBe(before);
    },
  );

  test('no caller gets the version and the betas of another, however they are cut', async () => {
    const model = make();
    const send = async (version: string, beta: string): Promise<unknown> => {
      const headers = { 'anthropic-version': version, 'anthropic-beta': beta };
      await model({ messages: [], wire: { api: 'messages', body: { max_tokens: 9, messages: [] }, headers } }).catch(
        () => undefined,
      );
      const { 'anthropic-version': sent, 'anthropic-beta': betas } = seen()?.headers ?? {};
      return [sent, betas];
    };

    expect(await send('2023-06-01 a,', 'b')).toEqual(['2023-06-01 a,', 'b']);
    expect(await send('2023-06-01', 'a, b')).toEqual(['2023-06-01', 'a, b']);
    expect(await send('', 'b')).toEqual(['2026-10-21', 'b']);
    expect(await send('2023-06-01', '')).toEqual(['2023-06-01', undefined]);
  });

  test('marks the last four cache breakpoints, which is all the API takes', async () => {
    const [first, ...content] = ['a', 'b', 'c', 'd', 'e', 'f'].map(
      (text) => ({ type: 'text', text, cacheBreakpoint: true }) as const,
    );

    await make()({
      messages: [
        { role: 'system', content: first ? [first] : [] },
        { role: 'user', content },
      ],
    });

    const sent = seen()?.body as { system: object[]; messages: { content: object[] }[] } | undefined;
    const marks = [...(sent?.system ?? []), ...(sent?.messages[0]?.content ?? [])].map((block) => 'cache_control' in block);
    expect(marks).toEqual([false, false, true, true, true, true]);
  });

  test('streams an answer too long to wait for, though nobody listens', async () => {
    const response = await make()(ask({ settings: { maxOutputTokens: 32_000 } }));

    expect(seen()?.stream).toBe(true);
    expect(response.text.length).toBeGreaterThan(0);
    expect(response.finishReason).toBe('stop');
  });

  test('offers tools, and forces one where the model can be forced', async () => {
    const request = ask({ tools: [tides], toolChoice: 'required', settings: { parallelToolCalls: false } });

    await make({}, 'claude-opus-5')(request);
    const forced = seen()?.body;
    const free = await make({}, 'claude-opus-5-5')(request);

    expect(forced).toMatchObject({
      tools: [{ name: 'tides', description: 'Tells the tides.', input_schema: tides.parameters }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    });
    expect(seen()?.body).toMatchObject({ tool_choice: { type: 'auto', disable_parallel_tool_use: true } });
    expect(free.metadata?.ignoredSettings).toEqual(['toolChoice']);
  });

  test('puts a thought before a forced tool aside: the API takes one or the other', async () => {
    const settings = { reasoningEffort: 'high' } as const;

    const { metadata } = await make({}, 'claude-opus-5')(ask({ tools: [tides], toolChoice: { name: 'tides' }, settings }));

    expect(seen()?.body).toMatchObject({ tool_choice: { type: 'tool', name: 'tides' }, output_config: { effort: 'high' } });
    expect(seen()?.body).not.toHaveProperty('thinking');
    expect(metadata?.ignoredSettings).toEqual(['reasoningEffort']);
  });

  test('joins its own output configuration and tools with those of the provider options', async () => {
    const outputSchema = { name: 'place', schema: { type: 'object', properties: { city: { type: 'string', maxLength: 9 } } } };
    const search = { type: 'web_search_20260209', name: 'web_search' };
    const providerOptions = { anthropic: { tools: [search], output_config: { effort: 'max' }, metadata: { user_id: 'u1' } } };

    await make()(ask({ tools: [{ ...tides, strict: true }], toolChoice: 'none', outputSchema, providerOptions }));

    expect(seen()?.body).toMatchObject({
      tools: [{ name: 'tides', strict: true, input_schema: { additionalProperties: false } }, search],
      output_config: {
        effort: 'max',
        format: {
          type: 'json_schema',
          schema: { type: 'object', properties: { city: { description: 'maxLength: 9' } }, additionalProperties: false },
        },
      },
      metadata: { user_id: 'u1' },
    });
  });

  test('gives signed thoughts back exactly as they came', async () => {
    const model = make();
    simulator.answer({ reasoning: 'Ask the harbour.', toolCalls: [{ name: 'tides', arguments: { port: 'Brest' } }] });
    const question = { role: 'user', content: 'When is high tide?' } as const;
    const first = await model({ messages: [question], tools: [tides], onDelta() {} });
    const assistant = { role: 'assistant', content: first.content ?? first.text, toolCalls: first.toolCalls } as const;
    const result = { role: 'tool', toolCallId: first.toolCalls[0]?.id ?? '', name: 'tides', content: 'At noon.' } as const;

    await model({ messages: [question, assistant, result], tools: [tides] });

    const thought = { type: 'thinking', thinking: 'Ask the harbour.', signature: expect.stringMatching(/./) };
    expect(first.content).toEqual([{ type: 'reasoning', text: 'Ask the harbour.', provider: 'anthropic', opaque: thought }]);
    expect(seen()?.body).toMatchObject({
      messages: [{}, { content: [thought, { type: 'tool_use', input: { port: 'Brest' } }] }, {}],
    });
  });

  test('asks nobody when a part cannot be sent', async () => {
    const audio = { type: 'audio', base64: 'AAAA', mediaType: 'audio/wav', name: 'voice.wav' } as const;

    const answer = make()({ messages: [{ role: 'user', content: [audio] }] });

    await expect(answer).rejects.toMatchObject({ code: 'invalid_request', reason: expect.stringContaining('voice.wav') });
    expect(simulator.requests).toHaveLength(0);
  });
});

test('counts cached input as input', async () => {
  simulator.answer({
    text: 'Hi.',
    usage: { inputTokens: 100, outputTokens: 7, cacheReadTokens: 60, cacheWriteTokens: 30, cacheWrite1hTokens: 10 },
  });

  const { usage } = await make()(ask());

  expect(usage).toMatchObject({
    inputTokens: 100,
    outputTokens: 7,
    cacheReadTokens: 60,
    cacheWriteTokens: 30,
    cacheWrite1hTokens: 10,
  });
  expect(usage.source).toMatchObject({ api: 'messages', payload: { input_tokens: 10, cache_read_input_tokens: 60 } });
});

describe('client and key', () => {
  test('never sends the key of the environment to a host that only the code names', async () => {
    vi.stubEnv('ANTHROPIC_API_KEY', 'key-of-the-environment');

    await anthropic('claude-sonnet-5-5', { baseURL })(ask());

    expect(JSON.stringify(seen()?.headers)).not.toContain('key-of-the-environment');
  });

  test('sends the key of the environment where the environment says', async () => {
    vi.stubEnv('ANTHROPIC_API_KEY', 'key-of-the-environment');
    vi.stubEnv('ANTHROPIC_BASE_URL', baseURL);

    await anthropic('claude-sonnet-5-5')(ask());

    expect(seen()?.headers['authorization']).toBe('Bearer key-of-the-environment');
  });

  test("keeps the retries of the user's own client off, and adds the headers asked for", async () => {
    const client = new Anthropic({ apiKey: 'mine', baseURL, maxRetries: 5 });
    simulator.fault({ provider: 'anthropic', kind: 'status', status: 500, times: Number.POSITIVE_INFINITY });

    const answer = make({ client, headers: { 'anthropic-beta': 'some-feature' } })(ask());

    await expect(answer).rejects.toMatchObject({ code: 'overloaded', requestId: expect.stringMatching(/./), simulated: true });
    expect(simulator.requests).toHaveLength(1);
    expect(seen()?.headers).toMatchObject({ authorization: 'Bearer mine', 'anthropic-beta': 'some-feature' });
  });

  test('names the option that is not what it should be', () => {
    expect(() => anthropic('')).toThrow(/model id is ""/);
    expect(() => make({ maxOutputTokens: 0.5 })).toThrow(/maxOutputTokens is 0.5/);
    expect(() => make({ baseURL: 'nowhere' })).toThrow(/baseURL.*"nowhere"/);
  });
});

const idOf = (options: AnthropicOptions) => anthropic('m', options).id;

describe('whose model it is', () => {
  test("is Anthropic's at its own host, or where the caller says so", () => {
    expect(idOf({})).toBe('anthropic/m');
    expect(idOf({ baseURL: 'https://api.anthropic.com' })).toBe('anthropic/m');
    expect(idOf({ baseURL, provider: 'anthropic' })).toBe('anthropic/m');
    expect(idOf({ baseURL, provider: 'bedrock' })).toBe('bedrock/m');
  });

  test("is not Anthropic's anywhere else: a foreign server never takes its prices", () => {
    expect(idOf({ baseURL })).toBe('anthropic-compatible/m');
    expect(idOf({ client: new Anthropic({ apiKey: 'k', baseURL }) })).toBe('anthropic-compatible/m');
    vi.stubEnv('ANTHROPIC_BASE_URL', baseURL);
    expect(idOf({})).toBe('anthropic-compatible/m');
  });

  test.each([
    [{ provider: undefined }, true],
    [{ provider: 'anthropic' }, undefined],
    [{ provider: 'anthropic', local: true }, true],
    [{ provider: undefined, local: false }, undefined],
  ])('with %j: local is %s', async (options, local) => {
    const { metadata } = await make(options)(ask());

    expect(metadata?.local).toBe(local);
  });

  test('tells which options and which thoughts are its own', async () => {
    const thought = { type: 'thinking', thinking: 'Hm.', signature: 'sig' };
    const part = (provider: string) =>
      ({ type: 'reasoning', text: 'Hm.', provider, opaque: { ...thought, by: provider } }) as const;
    const said = { role: 'assistant', content: [part('anthropic'), part('bedrock'), { type: 'text', text: 'So.' }] } as const;
    simulator.answer({ reasoning: 'Hm.', text: 'Yes.' });

    const { content } = await make({ provider: 'bedrock' })({
      messages: [...ask().messages, said, ...ask().messages],
      providerOptions: { bedrock: { metadata: { user_id: 'ours' } }, anthropic: { metadata: { user_id: 'theirs' } } },
      settings: { reasoningEffort: 'low' },
    });

    expect(seen()?.body).toMatchObject({ metadata: { user_id: 'ours' } });
    expect(JSON.stringify(seen()?.body)).toContain('"by":"bedrock"');
    expect(JSON.stringify(seen()?.body)).not.toContain('"by":"anthropic"');
    expect(content?.[0]).toMatchObject({ provider: 'bedrock' });
  });
});

test("keeps the environment's key, token and headers from a host that only the code names", async () => {
  vi.stubEnv('ANTHROPIC_API_KEY', 'sk-from-the-environment');
  vi.stubEnv('ANTHROPIC_AUTH_TOKEN', 'token-from-the-environment');
  vi.stubEnv('ANTHROPIC_CUSTOM_HEADERS', 'X-Api-Key: header-from-the-environment\nX-Team: blue');

  await anthropic('claude-sonnet-5-5', { baseURL })(ask());

  expect(seen()?.headers['authorization']).toBe('Bearer not-needed');
  expect(seen()?.headers['x-api-key']).toBeUndefined();
  expect(JSON.stringify(seen()?.headers)).not.toMatch(/from-the-environment|blue/);
});

test.each([
  ['audio', { type: 'audio', base64: 'AAAA', mediaType: 'audio/wav' }, true],
  ['nothing', { type: 'image' }, false],
] as const)('a part that holds %s cannot be sent, and another may take it: %s', async (_, part, unsupported) => {
  const answer = make()({ messages: [{ role: 'user', content: [part] }] });

  await expect(answer).rejects.toMatchObject({ code: 'invalid_request', unsupported, replaceable: unsupported });
});
