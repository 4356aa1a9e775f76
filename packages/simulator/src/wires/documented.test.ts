/** The simulator's streams against what the vendors document. The literals are facts of shape: names, order, fields. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bodyFor, post } from '../../test/sdk-clients.ts';
import type { ProviderName } from '../provider.ts';
import { startSimulator, type Simulator } from '../simulator.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

type Json = Record<string, unknown>;

interface ServerSentEvent {
  readonly event: string | undefined;
  readonly data: string;
}

async function wire(provider: ProviderName, more: Json = {}, path?: string): Promise<string> {
  const response = await post(simulator, provider, { ...bodyFor(provider, true), ...more }, { path });
  return response.text();
}

/** Framing by the WHATWG standard for server-sent events: fields in lines, an empty line after each event. */
function events(text: string): readonly ServerSentEvent[] {
  expect(text.endsWith('\n\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n\n')
    .map((block) => ({ event: /^event: (.+)$/m.exec(block)?.[1], data: /^data: (.+)$/m.exec(block)?.[1] ?? '' }));
}

const json = ({ data }: ServerSentEvent) => JSON.parse(data) as Json;
/** The type of each event, repeats folded into one. */
const folded = (names: readonly string[]) => names.filter((name, index) => name !== names[index - 1]);

// Source: platform.claude.com/docs/en/build-with-claude/streaming
const anthropicText = [
  'message_start',
  'content_block_start text',
  'ping',
  'content_block_delta text_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
];
const anthropicTool = [
  'message_start',
  'content_block_start text',
  'ping',
  'content_block_delta text_delta',
  'content_block_stop',
  'content_block_start tool_use',
  'content_block_delta input_json_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
];
const anthropicThinking = [
  'message_start',
  'content_block_start thinking',
  'ping',
  'content_block_delta thinking_delta',
  'content_block_delta signature_delta',
  'content_block_stop',
  'content_block_start text',
  'content_block_delta text_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
];

function anthropicNames(text: string): readonly string[] {
  return folded(
    events(text).map((event) => {
      const { type, delta, content_block: block } = json(event) as { type: string; delta?: Json; content_block?: Json };
      expect(event.event).toBe(type); // each event is named, and its data has the same type
      return [type, block?.['type'] ?? (type === 'content_block_delta' ? delta?.['type'] : undefined)].filter(Boolean).join(' ');
    }),
  );
}

test('Anthropic: text is streamed in the documented sequence', async () => {
  const text = await wire('anthropic');

  expect(anthropicNames(text)).toEqual(anthropicText);
  const [start, , , ...rest] = events(text).map(json);
  expect(start).toMatchObject({
    message: {
      type: 'message',
      role: 'assistant',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { output_tokens: 1 },
    },
  });
  const end = rest.find(({ type }) => type === 'message_delta');
  expect(end).toMatchObject({ delta: { stop_reason: 'end_turn', stop_sequence: null } });
});

test('Anthropic: usage at the end is cumulative, not what was added', async () => {
  const all = events(await wire('anthropic')).map(json);

  const start = all[0]?.['message'] as { usage: { input_tokens: number } };
  const end = all.find(({ type }) => type === 'message_delta') as { usage: { input_tokens: number; output_tokens: number } };
  expect(end.usage.input_tokens).toBe(start.usage.input_tokens);
  expect(end.usage.output_tokens).toBeGreaterThan(1);
});

test('Anthropic: a tool’s input starts empty and comes as partial JSON, the first piece of it empty', async () => {
  simulator.answer({ text: 'Let me look.', toolCalls: [{ name: 'get_weather', arguments: { location: 'San Francisco, CA' } }] });

  const text = await wire('anthropic');

  expect(anthropicNames(text)).toEqual(anthropicTool);
  const all = events(text).map(json) as { type: string; index?: number; content_block?: Json; delta?: Json }[];
  expect(all.find(({ content_block }) => content_block?.['type'] === 'tool_use')).toMatchObject({
    index: 1,
    content_block: { name: 'get_weather', input: {}, id: expect.stringMatching(/^toolu_/) as string },
  });
  const parts = all.flatMap(({ delta }) => (delta?.['type'] === 'input_json_delta' ? [delta['partial_json']] : []));
  expect(parts[0]).toBe('');
  expect(JSON.parse(parts.join(''))).toEqual({ location: 'San Francisco, CA' });
  expect(all.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } });
});

test('Anthropic: a signature comes just before a thinking block ends', async () => {
  simulator.answer({ text: '12,231', reasoning: 'First break it down, step by step.' });

  expect(anthropicNames(await wire('anthropic'))).toEqual(anthropicThinking);
});

test('Anthropic: an error within a stream is an event of its own', async () => {
  simulator.fault({ kind: 'in_band_error' });

  const last = events(await wire('anthropic')).at(-1);

  expect(last?.event).toBe('error');
  expect(JSON.parse(last?.data ?? '')).toEqual({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
});

// Source: platform.openai.com/docs/api-reference/chat-streaming and /docs/guides/function-calling#streaming
test('OpenAI: the role comes first, then content, then an empty delta with the reason, then [DONE]', async () => {
  const all = events(await wire('openai'));
  const chunks = all.slice(0, -1).map(json) as {
    id: string;
    object: string;
    choices: { delta: Json; finish_reason: unknown }[];
  }[];

  expect(all.at(-1)).toEqual({ event: undefined, data: '[DONE]' });
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(['chat.completion.chunk']));
  expect(chunks[0]?.choices[0]).toMatchObject({ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null });
  expect(chunks.slice(1, -1).every(({ choices }) => Object.keys(choices[0]?.delta ?? {}).join() === 'content')).toBe(true);
  expect(chunks.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
  expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
});

test('OpenAI: usage, when asked for, is one more chunk without choices; the others say null', async () => {
  const all = events(await wire('openai', { stream_options: { include_usage: true } }));
  const chunks = all.slice(0, -1).map(json);

  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 10 } });
  expect(new Set(chunks.slice(0, -1).map(({ usage }) => usage))).toEqual(new Set([null]));
  expect(all.at(-1)?.data).toBe('[DONE]');
});

test('OpenAI: the first delta of a tool call has id, type and name; the rest only more arguments', async () => {
  simulator.answer({ toolCalls: [{ name: 'get_weather', arguments: { location: 'Paris, France', unit: 'celsius' } }] });

  const all = events(await wire('openai')).slice(0, -1);

  const chunks = all.map(json) as { choices: { delta: { tool_calls?: Json[] }; finish_reason: unknown }[] }[];
  const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
  expect(deltas[0]).toEqual({
    index: 0,
    id: expect.stringMatching(/^call_/) as string,
    type: 'function',
    function: { name: 'get_weather', arguments: '' },
  });
  expect(deltas.length).toBeGreaterThan(2);
  for (const delta of deltas.slice(1)) expect(delta).toEqual({ index: 0, function: { arguments: expect.any(String) as string } });
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
});

// Source: console.groq.com/docs/api-reference#chat-create, and the SDK's comments on XGroq
test('Groq: the first chunk has its request id, the last its usage and times in seconds', async () => {
  const response = await post(simulator, 'groq', bodyFor('groq', true));
  const all = events(await response.text());
  const chunks = all.slice(0, -1).map(json) as { x_groq?: { id: string; usage?: Record<string, number> }; choices: Json[] }[];

  expect(all.at(-1)?.data).toBe('[DONE]');
  expect(chunks[0]?.x_groq).toEqual({ id: response.headers.get('x-request-id') });
  expect(chunks.slice(1, -1).every((chunk) => !('x_groq' in chunk))).toBe(true);
  const { usage = {} } = chunks.at(-1)?.x_groq ?? {};
  expect(Object.keys(usage).toSorted()).toEqual([
    'completion_time',
    'completion_tokens',
    'prompt_time',
    'prompt_tokens',
    'queue_time',
    'total_time',
    'total_tokens',
  ]);
  expect(usage['total_time']).toBeCloseTo((usage['prompt_time'] ?? 0) + (usage['completion_time'] ?? 0), 9);
  expect(usage['total_time']).toBeLessThan(5); // seconds, not milliseconds
});

// Source: docs/api.md of ollama/ollama
const ollamaFinal = [
  'eval_count',
  'eval_duration',
  'load_duration',
  'prompt_eval_count',
  'prompt_eval_duration',
  'total_duration',
];
const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);

test('Ollama: a chat is lines of JSON; the last is done and has the counts and the times in nanoseconds', async () => {
  const all = lines(await wire('ollama'));
  const last = all.at(-1) ?? {};

  for (const piece of all.slice(0, -1)) {
    expect(Object.keys(piece).toSorted()).toEqual(['created_at', 'done', 'message', 'model']);
    expect(piece).toMatchObject({ done: false, message: { role: 'assistant', content: expect.any(String) as string } });
  }
  expect(last).toMatchObject({ done: true, done_reason: 'stop', message: { content: '' } });
  expect(Object.keys(last)).toEqual(expect.arrayContaining(ollamaFinal));
  expect(ollamaFinal.every((field) => Number.isInteger(last[field]))).toBe(true);
  expect(last['total_duration']).toBeGreaterThan(10_000);
});

test('Ollama: a generation is the same with its text in response', async () => {
  const text = await wire('ollama', { prompt: 'Why is the sky blue?' }, '/api/generate');
  const all = lines(text);

  expect(Object.keys(all[0] ?? {}).toSorted()).toEqual(['created_at', 'done', 'model', 'response']);
  expect(all.at(-1)).toMatchObject({ response: '', done: true, done_reason: 'stop', context: [1, 2, 3] });
});

test.each([
  ['/api/chat', { messages: [] }, { message: { role: 'assistant', content: '' }, done_reason: 'load' }],
  ['/api/chat', { messages: [], keep_alive: 0 }, { message: { role: 'assistant', content: '' }, done_reason: 'unload' }],
  ['/api/generate', {}, { response: '', done_reason: 'load' }],
  ['/api/generate', { keep_alive: 0 }, { response: '', done_reason: 'unload' }],
])('Ollama: %s with %o only loads or unloads a model, in one object', async (path, more, expected) => {
  const text = await wire('ollama', { messages: undefined, ...more }, path);

  expect(JSON.parse(text)).toEqual({ model: 'llama3.2', created_at: expect.any(String) as string, done: true, ...expected });
});

test('Ollama: an error within a stream is a line with nothing but the error', async () => {
  simulator.fault({ kind: 'in_band_error' });

  expect(lines(await wire('ollama')).at(-1)).toEqual({ error: expect.any(String) as string });
});

test('Ollama’s /v1 streams as OpenAI does', async () => {
  const all = events(await wire('ollama', { stream_options: { include_usage: true } }, '/v1/chat/completions'));

  expect(all.at(-1)?.data).toBe('[DONE]');
  expect(json(all.at(-2) ?? { event: undefined, data: '' })).toMatchObject({ choices: [], usage: { prompt_tokens: 10 } });
});
