import type { ModelRequest } from '@rolecall/core';
import { Ollama } from 'ollama';
import { describe, expect, test } from 'vitest';
import { type OllamaChunk, readLines } from './ollama-answer.ts';
import { ollama } from './ollama.ts';

const ask = (more: Partial<ModelRequest> = {}): ModelRequest => ({ messages: [{ role: 'user', content: 'Hi.' }], ...more });
const answering = (answer: object) => ollama('mistral', { client: { chat: async () => answer }, local: true });
const last = (more: object = {}) => ({
  model: 'mistral',
  message: { role: 'assistant', content: 'Hi.' },
  done: true,
  done_reason: 'stop',
  ...more,
});

/** A response that arrives in these pieces. */
function arriving(...pieces: (string | Uint8Array)[]): Response {
  return new Response(
    ReadableStream.from(pieces.map((piece) => (typeof piece === 'string' ? new TextEncoder().encode(piece) : piece))),
  );
}

async function read(response: Response): Promise<OllamaChunk[]> {
  const chunks: OllamaChunk[] = [];
  await readLines(response, { model: 'ollama/mistral' }, (chunk) => void chunks.push(chunk));
  return chunks;
}

describe('lines', () => {
  test('are put together from whatever pieces they arrive in', async () => {
    const bytes = new TextEncoder().encode('{"message":{"content":"é🌊"}}\n\n{"done":true}');
    const pieces = Array.from(bytes, (_, at) => bytes.slice(at, at + 1));

    expect(await read(arriving(...pieces))).toEqual([{ message: { content: 'é🌊' } }, { done: true }]);
  });

  test.each(['{"message":', '"text"', '<html>'])('that are no JSON objects are malformed: %s', async (line) => {
    await expect(read(arriving(`{"done":false}\n${line}\n`))).rejects.toMatchObject({
      code: 'malformed_answer',
      possiblyBilled: true,
    });
  });
});

describe('usage', () => {
  test('has the counts of the server, and its durations as it gave them', async () => {
    const counters = {
      prompt_eval_count: 40,
      prompt_eval_cached_count: 32,
      eval_count: 5,
      total_duration: 900,
      load_duration: 1,
    };

    const { usage } = await answering(last(counters))(ask());

    expect(usage).toEqual({
      inputTokens: 40,
      cacheReadTokens: 32,
      outputTokens: 5,
      source: { api: 'ollama.chat', payload: counters },
    });
  });

  test('leaves out a count that the server left out', async () => {
    const { usage } = await answering(last({ eval_count: 5 }))(ask());

    expect(usage.inputTokens).toBeUndefined();
    expect(usage.outputTokens).toBe(5);
  });
});

test.each([
  ['stop', 'stop'],
  ['length', 'length'],
  ['load', 'other'],
  ['constructor', 'other'],
  [undefined, 'other'],
])('done for %s is finished for %s', async (reason, finishReason) => {
  await expect(answering(last({ done_reason: reason }))(ask())).resolves.toMatchObject({ finishReason });
});

test('keeps the ids that a server gives its calls', async () => {
  const call = { id: 'call_x7', function: { name: 'tides', arguments: { port: 'Brest' } } };

  const { toolCalls, finishReason } = await answering(last({ message: { content: '', tool_calls: [call] } }))(ask());

  expect(toolCalls).toEqual([{ id: 'call_x7', name: 'tides', arguments: '{"port":"Brest"}' }]);
  expect(finishReason).toBe('tool_calls');
});

test('takes null for nothing, and arguments that are text as they are', async () => {
  const call = { id: null, function: { name: 'tides', arguments: '{"port":"Brest"}' } };
  const pieces = [
    { error: null, message: { content: null, thinking: 'Hm.', tool_calls: null } },
    { message: { content: null, thinking: null, tool_calls: [call, null] } },
    { message: null, done: true, done_reason: 'stop', eval_count: 5, prompt_eval_count: '40' },
    { done: true },
  ];

  const { text, content, toolCalls, usage } = await answering(ReadableStream.from(pieces))(ask({ onDelta() {} }));

  expect(text).toBe('');
  expect(content).toEqual([{ type: 'reasoning', text: 'Hm.', provider: 'ollama' }]);
  expect(toolCalls).toEqual([{ id: 'call_0', name: 'tides', arguments: '{"port":"Brest"}' }]);
  expect(usage).toMatchObject({ inputTokens: undefined, outputTokens: 5 });
});

test.each([{ message: 'busy' }, {}])('an error may be an object: %j', async (error: { message?: string }) => {
  const reason = error.message ?? 'the server gave no reason';

  await expect(answering({ error })(ask())).rejects.toMatchObject({ code: 'overloaded', reason });
});

test('a stream without a body was cut', async () => {
  const options = { fetch: async () => new Response(null, { status: 204 }) };
  const cut = { code: 'stream_cut' };

  await expect(ollama('mistral', options)(ask({ onDelta() {} }))).rejects.toMatchObject(cut);
  await expect(ollama('mistral', { client: new Ollama(options) })(ask({ onDelta() {} }))).rejects.toMatchObject(cut);
});

test('a model that ran elsewhere is not local, whatever its name', async () => {
  const { metadata } = await answering(last({ remote_host: 'https://ollama.com:443' }))(ask());

  expect(metadata?.local).toBeUndefined();
});

test('an answer of thoughts alone is empty, unless it ran out of tokens', async () => {
  const message = { content: '', thinking: 'Hm.' };

  await expect(answering(last({ message }))(ask())).rejects.toMatchObject({ code: 'empty_answer' });
  await expect(answering(last({ message, done_reason: 'length' }))(ask())).resolves.toMatchObject({
    text: '',
    content: [{ type: 'reasoning', text: 'Hm.', provider: 'ollama' }],
  });
});

test.each([
  ['an error was encountered while running the model: CUDA error', 'overloaded'],
  ['prompt too long; exceeded max context length by 12 tokens', 'context_too_long'],
  ['the input length exceeds the context length', 'context_too_long'],
  ['registry.ollama.ai/library/mistral:latest does not support tools', 'invalid_request'],
])('"%s" is %s', async (error, code) => {
  await expect(answering({ error })(ask())).rejects.toMatchObject({ code, reason: error });
});
