/** The SDKs that people have talk to the gateway as they are, whichever of the four backends answers. */
import { Anthropic } from '@anthropic-ai/sdk';
import { OpenAI } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { gatewayWith, type TestGateway } from '../test/gateway-with.ts';

const backends = ['gpt', 'claude', 'groq', 'local'];
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
const question = [{ role: 'user' as const, content: 'What is the weather in Bern?' }];

let running: TestGateway;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  running = await gatewayWith();
  openai = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'any', maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: running.url, apiKey: 'any', maxRetries: 0 });
});
beforeEach(() => running.simulator.reset());
afterAll(() => running.close());

describe.each(backends)('chat completions from %s', (model) => {
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }];

  test('answer whole, with usage', async () => {
    const answer = await openai.chat.completions.create({ model, messages: question });

    expect(answer.choices[0]?.message.content).toContain('simulated');
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0);
  });

  test('stream piece by piece, with usage only when it was asked for', async () => {
    const collect = async (stream_options?: { include_usage: boolean }) => {
      const stream = await openai.chat.completions.create({
        model,
        messages: question,
        stream: true,
        ...(stream_options && { stream_options }),
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      return chunks;
    };

    const plain = await collect();
    const counted = await collect({ include_usage: true });

    expect(plain.filter(({ choices }) => choices[0]?.delta.content).length).toBeGreaterThan(1);
    expect(plain.every(({ choices }) => choices.length === 1)).toBe(true);
    expect(plain.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    if (model !== 'groq') expect(counted.at(-1)?.usage?.completion_tokens).toBeGreaterThan(0);
    expect(running.gateway.tracker.rows().at(-1)?.usage.outputTokens).toBeGreaterThan(0);
  });

  test('call tools, streamed and not, and take their results', async () => {
    const { choices } = await openai.chat.completions.create({ model, messages: question, tools });
    const streamed = await openai.chat.completions.stream({ model, messages: question, tools }).finalChatCompletion();
    const message = choices[0]?.message;
    const call = message?.tool_calls?.[0];
    if (!message || call?.type !== 'function') throw new Error('no call');
    const result = { role: 'tool' as const, tool_call_id: call.id, content: 'Sunny' };
    const last = await openai.chat.completions.create({ model, messages: [...question, message, result] });

    expect(JSON.parse(call.function.arguments)).toHaveProperty('city');
    expect(streamed.choices[0]?.finish_reason).toBe('tool_calls');
    expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: 'weather' } });
    expect(last.choices[0]?.finish_reason).toBe('stop');
  });

  test('keep to a schema', async () => {
    const schema = {
      type: 'object',
      properties: { title: { type: 'string' } },
      required: ['title'],
      additionalProperties: false,
    };
    const answer = await openai.chat.completions.create({
      model,
      messages: question,
      response_format: { type: 'json_schema', json_schema: { name: 'post', schema, strict: true } },
    });

    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toHaveProperty('title');
  });

  test('look at a picture', async () => {
    const url = 'data:image/png;base64,iVBORw0KGgo=';
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image_url' as const, image_url: { url } },
    ];

    const answer = await openai.chat.completions.create({ model, messages: [{ role: 'user', content }] });

    expect(answer.choices[0]?.message.content).toBeTruthy();
    expect(JSON.stringify(running.simulator.requests.at(-1)?.body)).toContain('iVBORw0KGgo=');
  });
});

describe.each(backends)('messages from %s', (model) => {
  const tools = [{ name: 'weather', input_schema: { ...parameters, type: 'object' as const } }];

  test('answer whole', async () => {
    const answer = await anthropic.messages.create({ model, max_tokens: 200, system: 'Be brief.', messages: question });

    expect(answer.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('simulated') });
    expect(answer.stop_reason).toBe('end_turn');
    expect(answer.usage.output_tokens).toBeGreaterThan(0);
  });

  test('stream with tools, whose results are taken', async () => {
    const stream = anthropic.messages.stream({ model, max_tokens: 200, messages: question, tools });
    const message = await stream.finalMessage();
    const call = message.content.find((block) => block.type === 'tool_use');
    if (!call) throw new Error('no call');
    const result = { type: 'tool_result' as const, tool_use_id: call.id, content: 'Sunny' };
    const turns = [
      ...question,
      { role: 'assistant' as const, content: message.content },
      { role: 'user' as const, content: [result] },
    ];
    const last = await anthropic.messages.stream({ model, max_tokens: 200, messages: turns }).finalText();

    expect(call).toMatchObject({ name: 'weather', input: { city: expect.any(String) } });
    expect(message.stop_reason).toBe('tool_use');
    expect(message.usage.output_tokens).toBeGreaterThan(0);
    expect(last).toBeTruthy();
  });
});

/** Of the last request that a provider got. */
const sent = () => {
  const { 'anthropic-version': version, 'anthropic-beta': beta } = running.simulator.requests.at(-1)?.headers ?? {};
  return { version, beta };
};
const askMessages = (headers: Record<string, string>, model = 'claude') =>
  running.post('/v1/messages', { model, max_tokens: 50, messages: question }, headers);

describe('the version and the betas of the Messages API', () => {
  test('reach Anthropic as the caller says them, request by request', async () => {
    await anthropic.beta.messages.create({
      model: 'claude',
      max_tokens: 50,
      messages: question,
      betas: ['files-api-2025-04-14'],
    });
    const ofTheSdk = sent();
    await askMessages({ 'anthropic-version': '2023-06-01', 'anthropic-beta': 'one, two' });
    const older = sent();
    await askMessages({ 'anthropic-version': '2023-06-01' });
    const without = sent();
    await askMessages({});

    expect(ofTheSdk.beta).toBe('files-api-2025-04-14');
    expect(older).toEqual({ version: '2023-06-01', beta: 'one, two' });
    expect(without).toEqual({ version: '2023-06-01', beta: undefined });
    expect(sent()).toEqual({ version: '2026-10-21', beta: undefined });
  });

  test.each(['gpt', 'groq', 'local'])('never reach %s', async (model) => {
    const response = await askMessages({ 'anthropic-version': '2023-06-01', 'anthropic-beta': 'one' }, model);

    expect(response.status).toBe(200);
    expect(sent()).toEqual({ version: undefined, beta: undefined });
  });

  test('are nobody’s but those of a request in that API', async () => {
    await running.post('/v1/chat/completions', { model: 'claude', messages: question }, { 'anthropic-beta': 'one' });

    expect(sent()).toEqual({ version: '2026-10-21', beta: undefined });
  });
});

describe.each(backends)('responses from %s', (model) => {
  const tools = [{ type: 'function' as const, name: 'weather', parameters, strict: false }];

  test('answer whole', async () => {
    const answer = await openai.responses.create({ model, instructions: 'Be brief.', input: 'Hello there' });

    expect(answer.output_text).toContain('simulated');
    expect(answer.status).toBe('completed');
  });

  test('stream text', async () => {
    const stream = openai.responses.stream({ model, input: 'Hello there' });
    const pieces: string[] = [];
    stream.on('response.output_text.delta', ({ delta }) => void pieces.push(delta));
    const answer = await stream.finalResponse();

    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(answer.output_text);
  });

  test('stream with tools, whose results are taken', async () => {
    const answer = await openai.responses.stream({ model, input: 'What is the weather in Bern?', tools }).finalResponse();
    const call = answer.output.find((item) => item.type === 'function_call');
    if (!call) throw new Error('no call');
    const result = { type: 'function_call_output' as const, call_id: call.call_id, output: 'Sunny' };
    const said = { type: 'function_call' as const, call_id: call.call_id, name: call.name, arguments: call.arguments };
    const last = await openai.responses.create({ model, input: [{ role: 'user', content: 'Weather?' }, said, result] });

    expect(JSON.parse(call.arguments)).toHaveProperty('city');
    expect(last.output_text).toBeTruthy();
  });
});

test('embeddings are relayed, and a backend without them is not asked', async () => {
  const { data } = await openai.embeddings.create({ model: 'gpt', input: ['a', 'b'], encoding_format: 'float' });
  const refused = openai.embeddings.create({ model: 'claude', input: 'a' });

  expect(data).toHaveLength(2);
  await expect(refused).rejects.toMatchObject({ status: 400 });
});

test('what only one API can carry reaches a backend that speaks it, and passes over one that does not', async () => {
  const ask = { messages: question, n: 2, logprobs: true } as const;
  const answer = await openai.chat.completions.create({ ...ask, model: 'gpt' });
  const refused = openai.chat.completions.create({ ...ask, model: 'claude' });

  expect(answer.choices).toHaveLength(2);
  await expect(refused).rejects.toMatchObject({ status: 400, message: expect.stringContaining('n, logprobs') });
  expect(running.simulator.requests).toHaveLength(1);
});

test('models are listed for the SDKs', async () => {
  const names = [];
  for await (const { id } of openai.models.list()) names.push(id);

  expect(names).toEqual(backends);
  await expect(openai.models.retrieve('claude')).resolves.toMatchObject({ id: 'claude' });
});
