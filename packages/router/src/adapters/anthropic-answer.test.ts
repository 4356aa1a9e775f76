import type { Delta, ModelRequest } from '@rolecall/core';
import { describe, expect, test } from 'vitest';
import { anthropic, type AnthropicClient } from './anthropic.ts';

const start = (usage: object = { input_tokens: 25, output_tokens: 1 }) => ({
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], model: 'claude-sonnet-5-5', stop_reason: null, usage },
});
const begin = (index: number, block: object) => ({ type: 'content_block_start', index, content_block: block });
const grow = (index: number, delta: object) => ({ type: 'content_block_delta', index, delta });
const stop = (index: number) => ({ type: 'content_block_stop', index });
const end = (reason: string | null, usage: object = { output_tokens: 15 }, more: object = {}) => ({
  type: 'message_delta',
  delta: { stop_reason: reason, stop_sequence: null, ...more },
  usage,
});
const message = (more: object = {}) => ({
  model: 'claude-sonnet-5-5',
  content: [{ type: 'text', text: 'Hello!' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 5, output_tokens: 3 },
  ...more,
});
const hello = [begin(0, { type: 'text', text: '' }), grow(0, { type: 'text_delta', text: 'Hello' }), { type: 'ping' }];
const finished = [stop(0), end('end_turn'), { type: 'message_stop' }];

/** A model whose client gets these events, or this message, back. */
function answering(body: readonly (object | string)[] | object) {
  const streams = Array.isArray(body);
  const text = streams
    ? body.map((event: { type: string } | string) => (typeof event === 'string' ? `data: ${event}\n\n` : named(event))).join('')
    : JSON.stringify(body);
  const headers = { 'content-type': streams ? 'text/event-stream; charset=utf-8' : 'application/json', 'request-id': 'req_1' };
  const client: AnthropicClient = { messages: { create: () => ({ asResponse: async () => new Response(text, { headers }) }) } };
  return anthropic('claude-sonnet-5-5', { client });
}

const named = (event: { type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const ask = (more: Partial<ModelRequest> = {}): ModelRequest => ({ messages: [{ role: 'user', content: 'Hi.' }], ...more });

async function stream(events: readonly (object | string)[]) {
  const deltas: Delta[] = [];
  const response = await answering(events)(ask({ onDelta: (delta) => void deltas.push(delta) }));
  return { response, deltas };
}

// The events are those of https://platform.claude.com/docs/en/build-with-claude/streaming
describe('a stream', () => {
  test('of text becomes the text', async () => {
    const { response, deltas } = await stream([start(), ...hello, grow(0, { type: 'text_delta', text: '!' }), ...finished]);

    expect(deltas).toEqual([
      { type: 'text', text: 'Hello' },
      { type: 'text', text: '!' },
    ]);
    expect(response).toMatchObject({
      text: 'Hello!',
      finishReason: 'stop',
      toolCalls: [],
      usage: { inputTokens: 25, outputTokens: 15 },
    });
    expect(response.content).toBeUndefined();
    expect(response.metadata).toMatchObject({ requestId: 'req_1', servedModel: 'claude-sonnet-5-5' });
  });

  test('of a tool call hands on the pieces of its input', async () => {
    const pieces = ['', '{"location":', ' "San', ' Francisco', ', CA"}'];
    const { response, deltas } = await stream([
      start(),
      ...hello,
      stop(0),
      begin(1, { type: 'tool_use', id: 'toolu_01', name: 'get_weather', input: {} }),
      ...pieces.map((piece) => grow(1, { type: 'input_json_delta', partial_json: piece })),
      stop(1),
      begin(2, { type: 'tool_use', id: 'toolu_02', name: 'get_time', input: {} }),
      stop(2),
      end('tool_use', { output_tokens: 89 }),
      { type: 'message_stop' },
    ]);

    expect(response).toMatchObject({ text: 'Hello', finishReason: 'tool_calls' });
    expect(response.toolCalls).toEqual([
      { id: 'toolu_01', name: 'get_weather', arguments: '{"location": "San Francisco, CA"}' },
      { id: 'toolu_02', name: 'get_time', arguments: '' },
    ]);
    const calls = deltas.filter((delta) => delta.type === 'tool_call');
    expect(calls.map(({ index }) => index)).toEqual([0, 0, 0, 0, 0, 1]);
    expect(calls[0]).toMatchObject({ id: 'toolu_01', name: 'get_weather' });
  });

  test('of thoughts keeps each block as it came, and its place among the calls', async () => {
    const { response, deltas } = await stream([
      start(),
      begin(0, { type: 'thinking', thinking: '', signature: '' }),
      grow(0, { type: 'thinking_delta', thinking: 'First, ' }),
      grow(0, { type: 'thinking_delta', thinking: 'the port.' }),
      grow(0, { type: 'signature_delta', signature: 'EqQBCg' }),
      stop(0),
      begin(1, { type: 'tool_use', id: 'toolu_01', name: 'tides', input: {} }),
      stop(1),
      begin(2, { type: 'redacted_thinking', data: 'EmwKAh' }),
      stop(2),
      end('tool_use'),
    ]);

    expect(deltas.slice(0, 2)).toEqual([
      { type: 'reasoning', text: 'First, ' },
      { type: 'reasoning', text: 'the port.' },
    ]);
    expect(response.content).toEqual([
      {
        type: 'reasoning',
        text: 'First, the port.',
        provider: 'anthropic',
        opaque: { type: 'thinking', thinking: 'First, the port.', signature: 'EqQBCg' },
      },
      {
        type: 'reasoning',
        text: '',
        provider: 'anthropic',
        opaque: { type: 'redacted_thinking', data: 'EmwKAh', after_tool_calls: 1 },
      },
    ]);
  });

  test("leaves the provider's own tools to the provider", async () => {
    const { response, deltas } = await stream([
      start(),
      begin(0, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
      grow(0, { type: 'input_json_delta', partial_json: '{"query":"tides"}' }),
      stop(0),
      begin(1, { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] }),
      stop(1),
      begin(2, { type: 'text', text: '' }),
      grow(2, { type: 'text_delta', text: 'At noon.' }),
      end('end_turn'),
    ]);

    expect(response).toMatchObject({ text: 'At noon.', toolCalls: [], finishReason: 'stop' });
    expect(deltas).toEqual([{ type: 'text', text: 'At noon.' }]);
  });

  test('counts each total once: a later one replaces an earlier one, and null replaces nothing', async () => {
    const first = {
      input_tokens: 10,
      output_tokens: 1,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 20,
      service_tier: 'standard',
    };
    const second = { input_tokens: null, cache_read_input_tokens: null, output_tokens: 8 };
    const third = { input_tokens: 30, output_tokens: 21, output_tokens_details: { thinking_tokens: 9 } };

    const { response } = await stream([start(first), ...hello, end(null, second), end('end_turn', third)]);

    expect(response.usage).toEqual({
      inputTokens: 150,
      outputTokens: 21,
      cacheReadTokens: 100,
      cacheWriteTokens: 20,
      cacheWrite1hTokens: undefined,
      reasoningTokens: 9,
      source: { api: 'messages', payload: { ...first, ...third } },
    });
    expect(response.metadata?.serviceTier).toBe('standard');
  });

  test('that ends before it named a reason is cut, and what it cost is known', async () => {
    const answer = stream([start({ input_tokens: 25, output_tokens: 1 }), ...hello]);

    await expect(answer).rejects.toMatchObject({
      code: 'stream_cut',
      committed: true,
      partialText: 'Hello',
      usage: { inputTokens: 25, outputTokens: 1 },
      possiblyBilled: true,
      requestId: 'req_1',
    });
  });

  test('may end in an error event', async () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

    await expect(stream([start(), error])).rejects.toMatchObject({
      code: 'overloaded',
      committed: false,
      usage: { inputTokens: 25 },
    });
    await expect(stream([start(), ...hello, error])).rejects.toMatchObject({
      code: 'overloaded',
      committed: true,
      partialText: 'Hello',
    });
  });

  test('may leave out what it need not say, say the same with null, and end as other APIs do', async () => {
    const { response } = await stream([
      start(),
      begin(0, { type: 'tool_use', id: 'toolu_01', name: 'tides', input: '' }),
      ...['{"a":', null, '1}'].map((piece) => grow(0, { type: 'input_json_delta', partial_json: piece })),
      { type: 'message_delta', delta: null, usage: { output_tokens: 7 } },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: null },
      '[DONE]',
    ]);

    expect(response).toMatchObject({
      toolCalls: [{ id: 'toolu_01', name: 'tides', arguments: '{"a":1}' }],
      usage: { inputTokens: 25, outputTokens: 7 },
    });
  });

  test('with a piece of nothing is malformed', async () => {
    await expect(stream([start(), grow(3, { type: 'text_delta', text: 'Hi' })])).rejects.toMatchObject({
      code: 'malformed_answer',
    });
  });
});

describe('a whole message', () => {
  test('is taken where a stream was asked for', async () => {
    const deltas: Delta[] = [];

    const response = await answering(message())(ask({ onDelta: (delta) => void deltas.push(delta) }));

    expect(response.text).toBe('Hello!');
    expect(deltas).toEqual([{ type: 'text', text: 'Hello!' }]);
  });

  test('reports no counts that the API did not', async () => {
    const { usage } = await answering(message({ usage: undefined }))(ask());

    expect(usage).toEqual({});
  });

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
    ['constructor', 'other'],
    ['pause_turn', 'other'],
    ['something_new', 'other'],
  ])('that stopped for %s finished for %s', async (reason, finishReason) => {
    const response = await answering(message({ stop_reason: reason }))(ask());

    expect(response.finishReason).toBe(finishReason);
  });

  test('may refuse, and says why', async () => {
    const details = { type: 'refusal', category: 'cyber', explanation: 'That would be unsafe.' };

    const response = await answering(message({ content: [], stop_reason: 'refusal', stop_details: details }))(ask());

    expect(response).toMatchObject({ text: '', refusal: 'That would be unsafe.', finishReason: 'content_filter' });
  });

  test('that spent all its tokens on thoughts is short, not empty', async () => {
    const content = [{ type: 'thinking', thinking: 'Hm, hm.', signature: 's' }];

    await expect(answering(message({ content, stop_reason: 'max_tokens' }))(ask())).resolves.toMatchObject({
      text: '',
      finishReason: 'length',
    });
    await expect(answering(message({ content }))(ask())).rejects.toMatchObject({
      code: 'empty_answer',
      usage: { outputTokens: 3 },
    });
  });

  test('may hold a null, which says nothing', async () => {
    const content = [null, { type: 'text', text: 'Hello!' }];

    await expect(answering(message({ content }))(ask())).resolves.toMatchObject({ text: 'Hello!' });
  });

  test('must be one', async () => {
    const usage = { input_tokens: 5, output_tokens: '3', cache_read_input_tokens: -1 };

    await expect(answering({ usage })(ask())).rejects.toMatchObject({
      code: 'malformed_answer',
      usage: { inputTokens: 5, outputTokens: undefined, cacheReadTokens: undefined },
    });
  });

  test('may be an error all the same, asked for whole or as a stream', async () => {
    const refusing = answering({ type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } });
    const failure = { code: 'auth', reason: 'invalid x-api-key' };

    await expect(refusing(ask())).rejects.toMatchObject(failure);
    await expect(refusing(ask({ onDelta() {} }))).rejects.toMatchObject(failure);
  });
});
