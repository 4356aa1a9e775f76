import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bodyFor, clientsFor, modelOf, post, type Clients } from '../test/sdk-clients.ts';
import type { ProviderName } from './provider.ts';
import { startSimulator, type Simulator } from './simulator.ts';
import { countTokens } from './tokens.ts';

let simulator: Simulator;
let clients: Clients;
beforeAll(async () => {
  simulator = await startSimulator();
  clients = clientsFor(simulator);
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const hello = [{ role: 'user' as const, content: 'Hello there' }];

async function askOpenAI(model: string): Promise<string | null | undefined> {
  const { choices } = await clients.openai.chat.completions.create({ model, messages: hello });
  return choices[0]?.message.content;
}

test('scripted answers are given in order, as often as they say, then the simulator speaks for itself', async () => {
  simulator.answer({ provider: 'openai', model: 'gpt-4o', text: 'first' });
  simulator.answer({ text: 'second', times: 2 });

  expect([await askOpenAI('gpt-4'), await askOpenAI('gpt-4o'), await askOpenAI('gpt-4o')]).toEqual(['second', 'first', 'second']);
  expect(await askOpenAI('gpt-4o')).toContain('simulated');
});

test('a scripted stream comes in as many pieces as it was told to', async () => {
  simulator.answer({ text: '🙂🙂🙂', chunks: 3 });

  const pieces: string[] = [];
  for await (const chunk of await clients.openai.chat.completions.create({ model: 'gpt-4o', messages: hello, stream: true })) {
    pieces.push(chunk.choices[0]?.delta.content ?? '');
  }

  expect(pieces.filter(Boolean)).toEqual(['🙂', '🙂', '🙂']);
});

test.each<[object, string]>([
  [{ txt: 'Hi' }, 'an answer has no "txt"; it has: text, toolCalls, '],
  [{ usage: { inputToken: 1 } }, 'usage has no "inputToken"; it has: inputTokens, '],
  [{ toolCalls: [{ name: 'add', args: {} }] }, 'a call of toolCalls has no "args"; it has: name, arguments'],
  [{ text: 5 }, 'text is 5: it must be a text'],
  [{ reasoning: ['x'] }, 'reasoning is a list: it must be a text'],
  [{ refusal: true }, 'refusal is true: it must be a text'],
  [{ toolCalls: { name: 'add' } }, 'toolCalls is an object: it must be a list of calls'],
  [{ toolCalls: [{ name: '', arguments: {} }] }, 'name of a call of toolCalls is "": it must be a text that is not empty'],
  [{ toolCalls: [{ name: 'add' }] }, 'arguments of a call of toolCalls is undefined: it must be an object, or a text'],
  [{ usage: { inputTokens: -1 } }, 'usage.inputTokens is -1: it must be a whole number, 0 or more'],
  [{ usage: { outputTokens: '5' } }, 'usage.outputTokens is "5": it must be a whole number'],
  [{ finishReason: 'done' }, 'finishReason is "done": it must be one of stop, length, tool_calls, content_filter'],
  [{ chunks: '2' }, 'chunks is "2": it must be a whole number above 0'],
  [{ model: 5 }, 'model is 5: it must be a text'],
  [undefined as unknown as object, 'an answer is undefined: it must be an object'],
])('the answer %o is refused with the reason', (answer, reason) => {
  expect(() => simulator.answer(answer)).toThrow(TypeError);
  expect(() => simulator.answer(answer)).toThrow(reason);
});

test('a stream in no pieces at all is refused', () => {
  expect(() => simulator.answer({ text: 'x', chunks: 0 })).toThrow(
    new TypeError('chunks is 0: it must be a whole number above 0'),
  );
});

test('usage is counted from the real text, on both sides', async () => {
  const { usage, choices } = await clients.openai.chat.completions.create({ model: 'gpt-4o', messages: hello });

  // three for the request, four for its one message
  expect(usage).toMatchObject({
    prompt_tokens: 3 + 4 + countTokens('Hello there'),
    completion_tokens: countTokens(choices[0]?.message.content ?? ''),
    total_tokens: (usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0),
  });
});

test('every provider counts the same prompt alike', async () => {
  const openai = await clients.openai.chat.completions.create({ model: modelOf.openai, messages: hello });
  const groq = await clients.groq.chat.completions.create({ model: modelOf.groq, messages: hello });
  const anthropic = await clients.anthropic.messages.create({ model: modelOf.anthropic, messages: hello, max_tokens: 99 });
  const ollama = await clients.ollama.chat({ model: modelOf.ollama, messages: hello });

  const counts = [openai.usage?.prompt_tokens, groq.usage?.prompt_tokens, anthropic.usage.input_tokens, ollama.prompt_eval_count];
  expect(counts).toEqual([10, 10, 10, 10]);
});

test('scripted usage replaces single counts', async () => {
  simulator.answer({ text: 'x', usage: { inputTokens: 800, cacheReadTokens: 100 } });

  const { usage } = await clients.openai.chat.completions.create({ model: 'gpt-4o', messages: hello });

  expect(usage).toMatchObject({ prompt_tokens: 800, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 100 } });
});

test('an answer longer than the request allows is cut there, and says so', async () => {
  simulator.answer({ text: 'word '.repeat(100), times: Infinity });

  const openai = await clients.openai.chat.completions.create({
    model: 'gpt-6.1-sol',
    messages: hello,
    max_completion_tokens: 5,
  });
  const groq = await clients.groq.chat.completions.create({ model: modelOf.groq, messages: hello, max_completion_tokens: 5 });
  const anthropic = await clients.anthropic.messages.create({ model: modelOf.anthropic, messages: hello, max_tokens: 5 });
  const ollama = await clients.ollama.chat({ model: modelOf.ollama, messages: hello, options: { num_predict: 5 } });

  expect(openai.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'word word word word ' } });
  expect(groq.choices[0]).toMatchObject({ finish_reason: 'length' });
  expect(anthropic).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 5 } });
  expect(ollama).toMatchObject({ done_reason: 'length', eval_count: 5 });
});

test('an answer ends before the first stop sequence in it', async () => {
  simulator.answer({ text: 'one END two STOP three', times: Infinity });

  const openai = await clients.openai.chat.completions.create({ model: 'gpt-4o', messages: hello, stop: ['STOP', 'END'] });
  const anthropic = await clients.anthropic.messages.create({
    model: modelOf.anthropic,
    messages: hello,
    max_tokens: 99,
    stop_sequences: ['STOP'],
  });

  expect(openai.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'one ' } });
  expect(anthropic).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'STOP', content: [{ text: 'one END two ' }] });
});

test('reasoning is shown as each provider shows it, and counted', async () => {
  simulator.answer({ text: 'four', reasoning: 'two and two', times: Infinity });

  const openai = await clients.openai.chat.completions.create({ model: 'gpt-6.1-sol', messages: hello });
  const groq = await clients.groq.chat.completions.create({ model: modelOf.groq, messages: hello, reasoning_format: 'parsed' });
  const raw = await clients.groq.chat.completions.create({ model: modelOf.groq, messages: hello, reasoning_format: 'raw' });
  const hidden = await clients.groq.chat.completions.create({ model: modelOf.groq, messages: hello, reasoning_format: 'hidden' });
  const anthropic = await clients.anthropic.messages.create({ model: modelOf.anthropic, messages: hello, max_tokens: 99 });
  const ollama = await clients.ollama.chat({ model: modelOf.ollama, messages: hello, think: true });

  expect(JSON.stringify(openai)).not.toContain('two and two');
  expect(openai.usage?.completion_tokens_details?.reasoning_tokens).toBe(countTokens('two and two'));
  expect(groq.choices[0]?.message).toMatchObject({ content: 'four', reasoning: 'two and two' });
  expect(raw.choices[0]?.message.content).toBe('<think>\ntwo and two\n</think>\nfour');
  expect(hidden.choices[0]?.message).toEqual({ role: 'assistant', content: 'four' });
  expect(anthropic.content).toMatchObject([
    { type: 'thinking', thinking: 'two and two', signature: expect.stringMatching(/.{40}/) as string },
    { type: 'text', text: 'four' },
  ]);
  expect(anthropic.usage.output_tokens_details?.thinking_tokens).toBe(countTokens('two and two'));
  expect(ollama.message).toMatchObject({ content: 'four', thinking: 'two and two' });
});

test('asked to think, it thinks', async () => {
  const anthropic = await clients.anthropic.messages.create({
    model: modelOf.anthropic,
    messages: hello,
    max_tokens: 2_000,
    thinking: { type: 'enabled', budget_tokens: 1_024 },
  });
  const ollama = await clients.ollama.generate({ model: modelOf.ollama, prompt: 'Hello there', think: true });

  expect(anthropic.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
  expect(ollama.thinking).toMatch(/simulated reasoning/i);
});

test('a refusal is one in the words of OpenAI and of Anthropic', async () => {
  simulator.answer({ refusal: 'I will not.', times: Infinity });

  const openai = await clients.openai.chat.completions.create({ model: 'gpt-4o', messages: hello });
  const anthropic = await clients.anthropic.messages.create({ model: modelOf.anthropic, messages: hello, max_tokens: 99 });

  expect(openai.choices[0]?.message).toMatchObject({ content: null, refusal: 'I will not.' });
  expect(anthropic).toMatchObject({
    stop_reason: 'refusal',
    stop_details: { type: 'refusal' },
    content: [{ text: 'I will not.' }],
  });
});

test('OpenAI gives as many choices as were asked for, and counts them all', async () => {
  simulator.answer({ text: 'abcd', times: Infinity });

  const { choices, usage } = await clients.openai.chat.completions.create({ model: 'gpt-4o', messages: hello, n: 3 });

  expect(choices.map(({ index, message }) => [index, message.content])).toEqual([
    [0, 'abcd'],
    [1, 'abcd'],
    [2, 'abcd'],
  ]);
  expect(usage?.completion_tokens).toBe(3);
});

test('a long prompt is cached by OpenAI and Groq on their own', async () => {
  const messages = [{ role: 'user' as const, content: 'word '.repeat(2_000) }];
  const ask = async () =>
    (await clients.openai.chat.completions.create({ model: 'gpt-4o', messages })).usage?.prompt_tokens_details?.cached_tokens;

  expect([await ask(), await ask()]).toEqual([0, 2_432]);
  const groq = async () =>
    (await clients.groq.chat.completions.create({ model: modelOf.groq, messages })).usage?.prompt_tokens_details?.cached_tokens;
  expect([await groq(), await groq()]).toEqual([undefined, 2_432]);
});

test('a marked prompt is cached by Anthropic, outside of its input tokens', async () => {
  const system = [
    { type: 'text' as const, text: 'word '.repeat(2_000), cache_control: { type: 'ephemeral' as const, ttl: '1h' as const } },
  ];
  const ask = async () =>
    (await clients.anthropic.messages.create({ model: modelOf.anthropic, system, messages: hello, max_tokens: 99 })).usage;

  const [written, read] = [await ask(), await ask()];

  expect(written).toMatchObject({
    input_tokens: 10,
    cache_creation_input_tokens: 2_500,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_1h_input_tokens: 2_500, ephemeral_5m_input_tokens: 0 },
  });
  expect(read).toMatchObject({ input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 2_500 });
});

async function headersOf(provider: ProviderName): Promise<Headers> {
  const response = await post(simulator, provider, bodyFor(provider));
  await response.text();
  return response.headers;
}

test('rate limits and ids stand in the headers where the provider puts them', async () => {
  const [openai, groq, anthropic, ollama] = [
    await headersOf('openai'),
    await headersOf('groq'),
    await headersOf('anthropic'),
    await headersOf('ollama'),
  ];

  for (const headers of [openai, groq]) {
    expect(headers.get('x-request-id')).toMatch(/^req_\w+$/);
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('9999');
    expect(headers.get('x-ratelimit-reset-tokens')).toMatch(/^\d+m?s$/);
  }
  expect(anthropic.get('request-id')).toMatch(/^req_\w+$/);
  expect(anthropic.get('anthropic-ratelimit-input-tokens-remaining')).toBe(String(2_000_000 - 10));
  expect(anthropic.get('anthropic-ratelimit-requests-reset')).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+Z$/);
  expect([...ollama.keys()].filter((name) => /request-id|ratelimit/.test(name))).toEqual([]);
});
