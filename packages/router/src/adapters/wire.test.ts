import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Delta, JsonObject, ModelRequest } from '@rolecall/core';
import { startSimulator } from '@rolecall/simulator';
import { afterAll, afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../backend.ts';
import { anthropic } from './anthropic.ts';
import { groq } from './groq.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';

const simulator = await startSimulator();
const { urls } = simulator;
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const messages = [{ role: 'user', content: 'In words of ours.' }] as const;
const body: JsonObject = { model: 'theirs', messages: [{ role: 'user', content: 'In words of theirs.' }] };
const gpt = () => openai('gpt-4o', { baseURL: urls.openai, apiKey: 'sk-ours', provider: 'openai' });
const seen = () => simulator.requests.at(-1);

/** A model of a server that says just this. */
async function saying(text: string, type = 'text/event-stream') {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': type }).end(text));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return openai('m', { baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` });
}

/** A streamed question, and what is passed on of the answer. */
function streamed(more: Partial<ModelRequest> = {}) {
  const passed: Buffer[] = [];
  const onBytes = (bytes: Uint8Array): void => void passed.push(Buffer.from(bytes));
  const wire = { api: 'chat.completions', body: { ...body, stream: true }, onBytes };
  return { request: { messages: [], wire, ...more } satisfies ModelRequest, passed: () => Buffer.concat(passed).toString() };
}

describe('a request in the words of an API', () => {
  test('goes out as it is, with our model and key', async () => {
    const wire = { api: 'chat.completions', body: { ...body, n: 1, logit_bias: { 50256: -100 }, unheard_of: ['x'] } };

    const { metadata, model } = await gpt()({ messages, wire, settings: { temperature: 0.1 } });

    expect(seen()?.body).toEqual({ ...wire.body, model: 'gpt-4o' });
    expect(seen()?.headers['authorization']).toBe('Bearer sk-ours');
    expect(model).toBe('openai/gpt-4o');
    const raw: unknown = JSON.parse(String(metadata?.raw));
    expect(raw).toMatchObject({ object: 'chat.completion', choices: [{ message: { role: 'assistant' } }] });
  });

  test.each([
    [
      'a stub of a client',
      openai('m', {
        client: { chat: { completions: { create: () => ({ asResponse: () => Promise.reject(new Error('no')) }) } } },
      }),
      ['chat.completions'],
    ],
    ['openai', openai('m'), ['chat.completions', 'responses', 'embeddings']],
    ['groq', groq('m'), ['chat.completions']],
    ['anthropic', anthropic('m'), ['messages']],
    ['ollama', ollama('m'), undefined],
  ])('is relayed by %s where it says so', (_, model, apis) => {
    expect((model as Backend).speaks).toEqual(apis);
  });

  test('is encoded anew by those who do not speak the API', async () => {
    const wire = { api: 'messages', body };

    await gpt()({ messages, wire });
    const asked = JSON.stringify(seen()?.body);
    await ollama('mistral', { host: urls.ollama })({ messages, wire });

    expect(asked).toContain('In words of ours.');
    expect(JSON.stringify(seen()?.body)).toContain('In words of ours.');
  });

  test.each([
    ['anthropic', anthropic('m', { baseURL: urls.anthropic })],
    ['groq', groq('m', { baseURL: urls.groq })],
    ['ollama', ollama('mistral', { host: urls.ollama })],
  ])('for embeddings asks nobody at %s, and another may have them', async (_, model) => {
    const answer = model({ messages: [], wire: { api: 'embeddings', body: { input: 'Hi.' } } });

    await expect(answer).rejects.toMatchObject({ code: 'invalid_request', unsupported: true, replaceable: true });
    expect(simulator.requests).toHaveLength(0);
  });

  test('for embeddings gives the vectors as they came', async () => {
    const wire = { api: 'embeddings', body: { input: ['Hi.', 'You.'], encoding_format: 'float', dimensions: 3 } };

    const { text, usage, metadata } = await gpt()({ messages: [], wire });

    expect(seen()?.body).toEqual({ ...wire.body, model: 'gpt-4o' });
    expect(JSON.parse(String(metadata?.raw))).toMatchObject({
      object: 'list',
      data: [{ embedding: [expect.any(Number), expect.any(Number), expect.any(Number)] }, {}],
    });
    expect(text).toBe('');
    expect(usage).toMatchObject({ inputTokens: expect.any(Number), source: { api: 'embeddings' } });
  });

  test.each([
    ['{"usage":{"prompt_tokens":2},"data":"x"}', 'malformed_answer'],
    ['{"usage":{"prompt_tokens":2},"data":[]}', 'empty_answer'],
    ['{"usage":{"prompt_tokens":2},"error":{"message":"Sorry.","type":"server_error"}}', 'overloaded'],
  ])('for embeddings is not answered by %s, which costs what it says', async (text, code) => {
    const model = await saying(text, 'application/json');

    await expect(model({ messages: [], wire: { api: 'embeddings', body: { input: 'Hi.' } } })).rejects.toMatchObject({
      code,
      usage: { inputTokens: 2 },
    });
  });
});

const chunk = (delta: object, finish_reason: string | null = null, index = 0) =>
  `data: ${JSON.stringify({ choices: [{ index, delta, finish_reason }] })}\r\n\r\n`;

describe('a stream', () => {
  const prelude = `: hello\n\n${chunk({ role: 'assistant', content: '' })}`;

  test('is passed on to the byte: comments, line ends, unknown events, other choices, the end mark', async () => {
    const text = `${prelude}${chunk({ content: 'Hi' })}event: odd\ndata: {"odd":[1]}\n\n${chunk({ content: 'Ho' }, null, 1)}${chunk({}, 'stop')}data: [DONE]\n\n`;
    const { request, passed } = streamed();

    const response = await (await saying(text))(request);

    expect(passed()).toBe(text);
    expect(response).toMatchObject({ text: 'Hi', finishReason: 'stop', metadata: { raw: undefined } });
  });

  test('is heard as deltas, too, by who asks for them', async () => {
    const deltas: Delta[] = [];
    const { request } = streamed({ onDelta: (delta) => void deltas.push(delta) });

    await (
      await saying(`${chunk({ content: 'Hi' })}${chunk({}, 'stop')}`)
    )(request);

    expect(deltas).toEqual([{ type: 'text', text: 'Hi' }]);
  });

  test.each([{ function_call: { name: 'tides', arguments: '' } }, { audio: { id: 'a', data: 'AAAA' } }])(
    'that says what has no word of ours is no empty answer: %j',
    async (delta) => {
      const { request, passed } = streamed();

      const response = await (await saying(`${prelude}${chunk(delta)}${chunk({}, 'stop')}`))(request);

      expect(response).toMatchObject({ text: '', finishReason: 'stop' });
      expect(passed()).toContain(JSON.stringify(delta).slice(1, -1));
    },
  );

  test('whose end mark comes without an end is cut, and does not look whole', async () => {
    const { request, passed } = streamed();

    const answer = (await saying(`${prelude}${chunk({ content: 'Hi' })}data: [DONE]\n\n`))(request);

    await expect(answer).rejects.toMatchObject({ code: 'stream_cut', committed: true, partialText: 'Hi' });
    expect(passed()).toBe(`${prelude}${chunk({ content: 'Hi' })}`);
  });

  test('that says nothing at all fails, and nothing is passed on', async () => {
    const { request, passed } = streamed();

    const answer = (await saying(`${prelude}${chunk({}, 'stop')}data: [DONE]\n\n`))(request);

    await expect(answer).rejects.toMatchObject({ code: 'empty_answer', committed: false });
    expect(passed()).toBe('');
  });

  test('that was stopped before it said anything is passed on as a whole', async () => {
    const text = `${prelude}${chunk({}, 'length')}data: [DONE]\n\n`;
    const { request, passed } = streamed();

    const response = await (await saying(text))(request);

    expect(response.finishReason).toBe('length');
    expect(passed()).toBe(text);
  });

  test('in the place of which JSON comes is given whole', async () => {
    const { request, passed } = streamed();
    const whole = { choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }] };

    const said = `${JSON.stringify(whole)} `;

    const response = await (await saying(said, 'application/json'))(request);

    expect(response).toMatchObject({ text: 'Hi', metadata: { raw: said } });
    expect(passed()).toBe('');
  });
});
