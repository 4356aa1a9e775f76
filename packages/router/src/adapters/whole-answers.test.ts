/** A connection that breaks once the answer is whole takes nothing from it; one that breaks before does. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { anthropic } from './anthropic.ts';
import { groq } from './groq.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';

const events = (...said: (object | string)[]) =>
  said.map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('');
const chat = [
  events({ choices: [{ delta: { content: 'Hi.' } }] }, { choices: [{ delta: {}, finish_reason: 'stop' }] }),
  events('[DONE]'),
] as const;
const messages = [
  events(
    { type: 'message_start', message: { model: 'm', content: [], stop_reason: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hi.' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
  ),
  events({ type: 'message_stop' }),
] as const;
const lines = ['{"message":{"content":"Hi."}}\n', '{"done":true,"done_reason":"stop"}\n'] as const;
const responses = [
  events({ type: 'response.output_text.delta', delta: 'Hi.' }),
  events({ type: 'response.completed', response: { status: 'completed', output: [{ type: 'message' }] } }),
] as const;

/** Says so much of an answer, and then breaks off. */
let said = '';
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
    socket.end(`${head}${said.length.toString(16)}\r\n${said}\r\n`);
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
afterAll(() => void server.close());

const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const request = { messages: [{ role: 'user', content: 'Go.' }], onDelta() {} } as const;
const wire = { api: 'responses', body: { stream: true }, onBytes() {} } as const;

describe.each([
  ['openai', openai('m', { baseURL: url }), request, chat],
  ['openai, asked for a response', openai('m', { baseURL: url }), { ...request, wire }, responses],
  ['groq', groq('m', { baseURL: url, apiKey: 'none' }), request, chat],
  ['anthropic', anthropic('m', { baseURL: url }), request, messages],
  ['ollama', ollama('m', { host: url }), request, lines],
] as const)('a stream of %s', (_, model, asked, [most, end]) => {
  test('that breaks off behind its end is whole', async () => {
    said = most + end;

    await expect(model(asked)).resolves.toMatchObject({ text: 'Hi.' });
  });

  test('that breaks off before its end was cut', async () => {
    said = most;

    await expect(model(asked)).rejects.toMatchObject({ code: 'stream_cut', partialText: 'Hi.' });
  });
});
