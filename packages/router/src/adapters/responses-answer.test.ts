import type { Delta, ModelRequest } from '@rolecall/core';
import { describe, expect, test } from 'vitest';
import type { OpenAIClient } from './openai.ts';
import { openai } from './openai.ts';

/** A model whose client gets these events, or this answer, back. */
function answering(answer: readonly object[] | object) {
  const isStream = Array.isArray(answer);
  const text = isStream
    ? answer.map((event: object) => `event: x\ndata: ${JSON.stringify(event)}\n\n`).join('')
    : JSON.stringify(answer);
  const headers = { 'content-type': isStream ? 'text/event-stream' : 'application/json', 'x-request-id': 'req_1' };
  const respond = () => ({ asResponse: async () => new Response(text, { headers }) });
  const client: OpenAIClient = { chat: { completions: { create: respond } }, post: respond };
  return openai('gpt-5', { client, provider: 'openai' });
}

const passed: string[] = [];
const onBytes = (bytes: Uint8Array): void => void passed.push(Buffer.from(bytes).toString());
const ask = (stream: boolean, more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [],
  wire: { api: 'responses', body: { input: 'Hi.', stream }, ...(stream && { onBytes }) },
  ...more,
});
const usage = {
  input_tokens: 20,
  input_tokens_details: { cached_tokens: 16 },
  output_tokens: 9,
  output_tokens_details: { reasoning_tokens: 5 },
};
const counted = {
  inputTokens: 20,
  outputTokens: 9,
  cacheReadTokens: 16,
  reasoningTokens: 5,
  source: { api: 'responses', payload: usage },
};
const message = (text: string) => ({ type: 'message', content: [{ type: 'output_text', text }] });
const call = { type: 'function_call', call_id: 'call_1', name: 'tides', arguments: '{"port":"Brest"}' };
const thought = {
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: 'H' }],
  content: [{ type: 'reasoning_text', text: 'm.' }], // of models that show their thoughts themselves
};

describe('a whole answer', () => {
  test('becomes a response', async () => {
    const answer = {
      model: 'gpt-5-2026',
      service_tier: 'flex',
      status: 'completed',
      output: [thought, null, message('Hi.')],
      usage,
    };
    const deltas: Delta[] = [];

    const response = await answering(answer)(ask(false, { onDelta: (delta) => void deltas.push(delta) }));

    expect(response).toMatchObject({
      model: 'openai/gpt-5',
      text: 'Hi.',
      content: [
        { type: 'reasoning', text: 'Hm.', provider: 'openai' },
        { type: 'text', text: 'Hi.' },
      ],
      finishReason: 'stop',
      usage: counted,
      metadata: { requestId: 'req_1', servedModel: 'gpt-5-2026', serviceTier: 'flex', raw: JSON.stringify(answer) },
    });
    expect(deltas.map(({ type }) => type)).toEqual(['reasoning', 'reasoning', 'text']);
  });

  test.each([
    [{ status: 'completed', output: [call] }, 'tool_calls'],
    [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [] }, 'length'],
    [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' }, output: [] }, 'content_filter'],
    [{ status: 'queued', output: [] }, 'other'],
    [{ status: 'completed', output: [{ type: 'image_generation_call', result: 'AAAA' }] }, 'stop'],
    [{ status: 'completed', output: [{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }] }, 'stop'],
  ])('%j ended with %s', async (answer, finishReason) => {
    await expect(answering(answer)(ask(false))).resolves.toMatchObject({ finishReason });
  });

  test.each([
    [{ status: 'completed', output: [thought] }, 'empty_answer'],
    [{ status: 'failed', output: [], error: { code: 'server_error', message: 'Sorry.' } }, 'overloaded'],
    [{ status: 'failed', output: [] }, 'overloaded'],
    [{ error: { code: 'rate_limit_exceeded', message: 'Slow down.' } }, 'rate_limited'],
    [{ id: 'resp_1' }, 'malformed_answer'],
  ])('%j is %s', async (answer, code) => {
    await expect(answering(answer)(ask(false))).rejects.toMatchObject({ code, possiblyBilled: true });
  });
});

const completed = (output: object[]) => ({ type: 'response.completed', response: { status: 'completed', output, usage } });

const added = (item: object, output_index = 0) => ({ type: 'response.output_item.added', output_index, item });

describe('a stream', () => {
  const created = { type: 'response.created', response: { status: 'in_progress', output: [] } };
  test('is heard as deltas, and adds up to the response', async () => {
    const deltas: Delta[] = [];
    const events = [
      created,
      added({ type: 'reasoning' }),
      { type: 'response.reasoning_summary_text.delta', delta: 'Hm.' },
      added({ type: 'message' }, 1),
      { type: 'response.output_text.delta', delta: 'He' },
      { type: 'response.output_text.delta', delta: 'llo' },
      added({ ...call, arguments: '' }, 2),
      { type: 'response.function_call_arguments.delta', output_index: 2, delta: call.arguments },
      completed([thought, message('Hello'), call]),
    ];

    const response = await answering(events)(ask(true, { onDelta: (delta) => void deltas.push(delta) }));

    expect(deltas).toEqual([
      { type: 'reasoning', text: 'Hm.' },
      { type: 'text', text: 'He' },
      { type: 'text', text: 'llo' },
      { type: 'tool_call', index: 2, id: 'call_1', name: 'tides' },
      { type: 'tool_call', index: 2, arguments: call.arguments },
    ]);
    expect(response).toMatchObject({
      text: 'Hello',
      toolCalls: [{ id: 'call_1', name: 'tides' }],
      finishReason: 'tool_calls',
      usage: counted,
    });
  });

  test('of the provider own tools commits with the first of them', async () => {
    const failure = answering([
      created,
      added({ type: 'web_search_call' }),
      { type: 'error', code: 'server_error', message: 'Sorry.' },
    ]);

    await expect(failure(ask(true))).rejects.toMatchObject({ code: 'overloaded', reason: 'Sorry.', committed: true });
  });

  test.each([
    [[created], 'stream_cut'],
    [[created, { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down.' }], 'rate_limited'],
    [
      [created, { type: 'response.failed', response: { status: 'failed', error: { code: 'server_error', message: 'Sorry.' } } }],
      'overloaded',
    ],
    [[created, completed([thought])], 'empty_answer'],
  ])('%j is %s, and commits to nothing', async (events, code) => {
    await expect(answering(events)(ask(true))).rejects.toMatchObject({ code, committed: false });
  });

  test('that was stopped has its usage all the same', async () => {
    const response = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [], usage };

    await expect(answering([created, { type: 'response.incomplete', response }])(ask(true))).resolves.toMatchObject({
      finishReason: 'length',
      usage: counted,
    });
  });
});
