import type { ModelRequest } from '@rolecall/core';
import type { Delta, ModelResponse } from '@rolecall/core';
import { describe, expect, test } from 'vitest';
import type { ModelError } from '../errors.ts';
import { decode } from './chat-answer.ts';
import { Cancellation } from '../cancellation.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import type { Facts } from './http.ts';

function deliver(request: ModelRequest): Delivery {
  return createDelivery(request, new Cancellation(request.signal));
}

/** Decodes a response as an adapter would, and keeps what was delivered. */
async function read(body: string, type: string | undefined, streamAsked: boolean) {
  const heard: Delta[] = [];
  const facts: Facts = { model: 'house/m', requestId: 'req_1' };
  const delivery = deliver({ messages: [], ...(streamAsked && { onDelta: (delta) => void heard.push(delta) }) });
  const response = new Response(new TextEncoder().encode(body), { headers: type === undefined ? {} : { 'content-type': type } });
  const answer = await decode(response, delivery, {
    provider: 'house',
    facts,
    streamAsked,
    ignoredSettings: [],
    relayed: false,
  }).catch((error: unknown) => error);
  return { answer, heard, facts };
}
const readJson = (body: object) => read(JSON.stringify(body), 'application/json', false);
const events = (...chunks: (object | string)[]) =>
  chunks.map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`).join('');
const readStream = (...chunks: (object | string)[]) => read(events(...chunks), 'text/event-stream; charset=utf-8', true);
const delta = (said: object, finish_reason: string | null = null) => ({ choices: [{ index: 0, delta: said, finish_reason }] });
const message = (said: object, finish_reason: string | null = 'stop') => ({
  choices: [{ index: 0, message: said, finish_reason }],
});

describe('a whole answer', () => {
  test('becomes a response, with what the provider said about it', async () => {
    const payload = {
      prompt_tokens: 20,
      completion_tokens: 9,
      total_tokens: 29,
      prompt_tokens_details: { cached_tokens: 16, cache_write_tokens: 2, audio_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 5, audio_tokens: 0 },
    };
    const body = { model: 'm-2026', service_tier: 'flex', ...message({ content: 'Hi.', refusal: null }), usage: payload };

    const { answer } = await readJson(body);

    expect(answer).toEqual({
      model: 'house/m',
      text: 'Hi.',
      toolCalls: [],
      finishReason: 'stop',
      usage: {
        inputTokens: 20,
        outputTokens: 9,
        cacheReadTokens: 16,
        cacheWriteTokens: 2,
        reasoningTokens: 5,
        audioInputTokens: 1,
        audioOutputTokens: 0,
        source: { api: 'chat.completions', payload },
      },
      metadata: { requestId: 'req_1', servedModel: 'm-2026', serviceTier: 'flex', raw: body },
    });
  });

  test('that counts in words, or below nothing, has not reported', async () => {
    const { answer } = await readJson({ ...message({ content: 'Hi.' }), usage: { prompt_tokens: '12', completion_tokens: -1 } });

    expect((answer as ModelResponse).usage).toEqual({
      source: { api: 'chat.completions', payload: { prompt_tokens: '12', completion_tokens: -1 } },
    });
  });

  test('that reports no usage has none', async () => {
    const { answer } = await readJson(message({ content: 'Hi.' }));

    expect(answer).toMatchObject({ usage: {} });
  });

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['function_call', 'tool_calls'],
    ['eos', 'other'],
    [null, 'other'],
  ])('that stopped for %s says %s', async (reason, finishReason) => {
    const { answer } = await readJson(message({ content: 'Hi.' }, reason));

    expect(answer).toMatchObject({ finishReason });
  });

  test('with tool calls stopped for them, whatever the server says', async () => {
    const { answer } = await readJson(
      message({ content: null, tool_calls: [{ id: '1', function: { name: 'now', arguments: '{}' } }] }),
    );

    expect(answer).toMatchObject({ finishReason: 'tool_calls', toolCalls: [{ id: '1', name: 'now', arguments: '{}' }] });
  });

  test('that is a refusal is an answer', async () => {
    const { answer } = await readJson(message({ content: null, refusal: 'I cannot.' }));

    expect(answer).toMatchObject({ text: '', refusal: 'I cannot.', finishReason: 'stop' });
  });

  test('keeps reasoning apart, under the name it came by', async () => {
    const { answer } = await readJson(message({ content: 'So.', reasoning_content: 'Hm.' }));

    expect(answer).toMatchObject({
      text: 'So.',
      content: [
        { type: 'reasoning', text: 'Hm.', provider: 'house', opaque: { field: 'reasoning_content' } },
        { type: 'text', text: 'So.' },
      ],
    });
  });

  test('may say its text in parts', async () => {
    const { answer } = await readJson(
      message({
        content: [
          { type: 'text', text: 'So ' },
          { type: 'text', text: 'be it.' },
        ],
      }),
    );

    expect(answer).toMatchObject({ text: 'So be it.' });
  });

  test.each([
    ['nothing was said', message({ content: '' }), 'empty_answer'],
    ['only a thought was said', message({ content: null, reasoning: 'Hm.' }), 'empty_answer'],
    ['there are no choices', { object: 'list', data: [] }, 'malformed_answer'],
    ['the choices are no list', { choices: { message: { content: 'Hi.' } } }, 'malformed_answer'],
    ['there is junk for a choice', { choices: [null] }, 'empty_answer'],
    ['there is junk for content', message({ content: 5, tool_calls: {} }), 'empty_answer'],
    ['the body is an error', { error: { message: 'try later', code: 503 } }, 'overloaded'],
  ])('is a failure when %s', async (_, body, code) => {
    const { answer } = await readJson({ ...body, usage: { prompt_tokens: 3 } });

    expect(answer).toMatchObject({ code, possiblyBilled: true });
  });

  test('without choices keeps its usage', async () => {
    const { facts } = await readJson({ usage: { prompt_tokens: 3, completion_tokens: 2 } });

    expect(facts.usage).toMatchObject({ inputTokens: 3, outputTokens: 2 });
  });

  test.each(['length', 'content_filter'])('of nothing is still an answer when it stopped for %s', async (reason) => {
    const { answer } = await readJson(message({ content: '' }, reason));

    expect(answer).toMatchObject({ text: '', finishReason: reason });
  });

  test.each(['<html>oops', '{"choices": [', '"text"', 'null', ''])(
    'of %j is malformed, and none of it is in the message',
    async (body) => {
      const { answer } = await read(body, 'application/json', false);

      expect(answer).toMatchObject({ code: 'malformed_answer', possiblyBilled: true });
      if (body.length > 4) expect((answer as ModelError).message).not.toContain(body);
    },
  );
});

describe('a stream', () => {
  test('becomes the same response, and keeps usage that comes after the last choice', async () => {
    const { answer, heard } = await readStream(
      delta({ role: 'assistant', content: '' }),
      { ...delta({ content: 'Hel' }), model: 'm-2026' },
      delta({ content: 'lo' }),
      delta({}, 'stop'),
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
      '[DONE]',
    );

    expect(answer).toMatchObject({
      text: 'Hello',
      finishReason: 'stop',
      usage: { inputTokens: 3, outputTokens: 2 },
      metadata: { servedModel: 'm-2026' },
    });
    expect(heard).toEqual([
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
    ]);
  });

  test('without an end mark is whole once it gave a reason for stopping', async () => {
    const { answer } = await readStream(delta({ content: 'Hello' }), delta({}, 'stop'));

    expect(answer).toMatchObject({ text: 'Hello' });
  });

  test.each([[], ['[DONE]']])('without a reason for stopping was cut, even with an end mark (%s)', async (...end) => {
    const { answer } = await readStream(delta({ content: 'Hello' }), ...end);

    expect(answer).toMatchObject({ code: 'stream_cut', possiblyBilled: true });
  });

  test('reports what it had used when it fails', async () => {
    const { answer, facts } = await readStream({ ...delta({ content: 'Hel' }), usage: { prompt_tokens: 3 } }, '{"choices": [');

    expect(answer).toMatchObject({ code: 'malformed_answer' });
    expect(facts.usage).toMatchObject({ inputTokens: 3 });
  });

  test.each([
    [{ error: { message: 'slow down', type: 'server_error' } }, 'overloaded', 'slow down'],
    [{ error: { message: 'no more', code: 'insufficient_quota' } }, 'quota_exceeded', 'no more'],
    [{ error: { message: 'too many', code: 429 } }, 'rate_limited', 'too many'],
    [{ error: 'it broke' }, 'overloaded', 'it broke'],
    [{ x_groq: { error: 'over capacity' }, choices: [] }, 'overloaded', 'over capacity'],
  ])('with the error %j is %s', async (chunk, code, reason) => {
    const { answer } = await readStream(delta({ content: 'Hel' }), chunk, '[DONE]');

    expect(answer).toMatchObject({ code, reason, possiblyBilled: true });
  });

  test("reads Groq's usage, which it gives unasked", async () => {
    const { answer } = await readStream(
      { ...delta({ content: 'Hi' }, 'stop'), x_groq: { usage: { prompt_tokens: 3, completion_tokens: 1 } } },
      '[DONE]',
    );

    expect(answer).toMatchObject({ usage: { inputTokens: 3, outputTokens: 1 } });
  });

  test('of several choices is the first of them', async () => {
    const other = { choices: [{ index: 1, delta: { content: 'Bye' }, finish_reason: 'length' }] };

    const { answer } = await readStream(other, delta({ content: 'Hi' }), other, delta({}, 'stop'));

    expect(answer).toMatchObject({ text: 'Hi', finishReason: 'stop' });
  });

  test('tells thoughts from text, and refusals too', async () => {
    const { answer, heard } = await readStream(delta({ reasoning: 'Hm.' }), delta({ refusal: 'No.' }), delta({}, 'stop'));

    expect(heard).toEqual([
      { type: 'reasoning', text: 'Hm.' },
      { type: 'refusal', text: 'No.' },
    ]);
    expect(answer).toMatchObject({ text: '', refusal: 'No.' });
  });
});

const piece = (index: number | undefined, id: string | undefined, name: string | undefined, json: string) => ({
  index,
  id,
  function: { name, arguments: json },
});

describe('streamed tool calls', () => {
  const whole = [
    { id: '1', name: 'tides', arguments: '{"a":1}' },
    { id: '2', name: 'now', arguments: '{"b":2}' },
  ];

  test.each([
    [
      'as OpenAI sends them',
      [
        piece(0, '1', 'tides', ''),
        piece(0, undefined, undefined, '{"a"'),
        piece(0, undefined, undefined, ':1}'),
        piece(1, '2', 'now', '{"b":2}'),
      ],
    ],
    [
      'taking turns',
      [
        piece(0, '1', 'tides', '{"a"'),
        piece(1, '2', 'now', '{"b"'),
        piece(0, undefined, undefined, ':1}'),
        piece(1, undefined, undefined, ':2}'),
      ],
    ],
    [
      'all with the index 0',
      [piece(0, '1', 'tides', '{"a":1}'), piece(0, '2', 'now', '{"b"'), piece(0, undefined, undefined, ':2}')],
    ],
    ['without an index', [piece(undefined, '1', 'tides', '{"a":1}'), piece(undefined, '2', 'now', '{"b":2}')]],
    [
      'by turns and without an index',
      [
        piece(undefined, '1', 'tides', '{"a"'),
        piece(undefined, '2', 'now', '{"b"'),
        piece(undefined, '1', undefined, ':1}'),
        piece(undefined, '2', undefined, ':2}'),
      ],
    ],
    [
      'with id and name in every piece',
      [piece(0, '1', 'tides', '{"a"'), piece(0, '1', 'tides', ':1}'), piece(1, '2', 'now', '{"b":2}')],
    ],
  ])('are joined %s', async (_, pieces) => {
    const { answer, heard } = await readStream(...pieces.map((one) => delta({ tool_calls: [one] })), delta({}, 'tool_calls'));

    expect(answer).toMatchObject({ finishReason: 'tool_calls', toolCalls: whole });
    expect(heard).toHaveLength(pieces.length);
  });
});

describe('calls that only their place in a list tells apart', () => {
  const calls = [
    { id: '', function: { name: 'tides', arguments: { a: 1 } } },
    { id: '', function: { name: 'now', arguments: '{"b":2}' } },
    null,
  ];
  const toolCalls = [
    { name: 'tides', arguments: '{"a":1}' },
    { name: 'now', arguments: '{"b":2}' },
  ];

  test('stay apart in a whole answer, and their arguments are text', async () => {
    const { answer } = await readJson(message({ content: [null], tool_calls: calls }));

    expect(answer).toMatchObject({ toolCalls });
  });

  test('stay apart in a chunk of a stream', async () => {
    const { answer } = await readStream(delta({ tool_calls: calls }), delta({}, 'tool_calls'));

    expect(answer).toMatchObject({ toolCalls });
  });
});

describe('a server that mixes them up', () => {
  test('may answer with JSON where a stream was asked for', async () => {
    const { answer, heard } = await read(JSON.stringify(message({ content: 'Hi.' })), 'application/json', true);

    expect(answer).toMatchObject({ text: 'Hi.' });
    expect(heard).toEqual([{ type: 'text', text: 'Hi.' }]);
  });

  test('may write its type in capitals', async () => {
    const { answer } = await read(JSON.stringify(message({ content: 'Hi.' })), 'Application/JSON', true);

    expect(answer).toMatchObject({ text: 'Hi.' });
  });

  test.each(['text/plain', undefined])('may call its stream %s', async (type) => {
    const { answer } = await read(events(delta({ content: 'Hi.' }, 'stop')), type, true);

    expect(answer).toMatchObject({ text: 'Hi.' });
  });

  test('may answer with a page of HTML', async () => {
    const { answer } = await read('<html>Sign in</html>', 'text/html', true);

    expect(answer).toMatchObject({ code: 'malformed_answer', reason: 'the answer is a page of HTML' });
  });
});
