import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { clientsFor, modelOf, type Clients } from '../test/sdk-clients.ts';
import { startSimulator, type Simulator } from './simulator.ts';

let simulator: Simulator;
let clients: Clients;
beforeAll(async () => {
  simulator = await startSimulator();
  clients = clientsFor(simulator);
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const question = { role: 'user' as const, content: 'What is the weather in Paris?' };
const parameters = {
  type: 'object' as const,
  properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
  required: ['city', 'unit'],
  additionalProperties: false,
};
const sampled = { city: 'simulated city', unit: 'celsius' };
const weather = { type: 'function' as const, function: { name: 'get_weather', parameters } };
const clock = {
  type: 'function' as const,
  function: { name: 'get_time', parameters: { type: 'object' as const, properties: {} } },
};

test('OpenAI calls the first tool, takes its result, and quotes it', async () => {
  const request = { model: modelOf.openai, tools: [weather, clock] };
  const { choices, usage } = await clients.openai.chat.completions.create({ ...request, messages: [question] });
  const message = choices[0]?.message;
  const call = message?.tool_calls?.[0];
  if (call?.type !== 'function' || !message) throw new Error('no tool was called');

  const { choices: after } = await clients.openai.chat.completions.create({
    ...request,
    messages: [question, message, { role: 'tool', tool_call_id: call.id, content: '21 degrees' }],
  });

  expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
  expect([call.function.name, JSON.parse(call.function.arguments)]).toEqual(['get_weather', sampled]);
  expect(usage?.completion_tokens).toBeGreaterThan(0);
  expect(after[0]).toMatchObject({ finish_reason: 'stop' });
  expect(after[0]?.message.content).toContain('21 degrees');
});

test('Groq streams a call in pieces that join to the whole', async () => {
  const stream = await clients.groq.chat.completions.create({
    model: modelOf.groq,
    messages: [question],
    tools: [weather],
    tool_choice: 'required',
    stream: true,
  });

  let name = '';
  let json = '';
  let pieces = 0;
  for await (const chunk of stream) {
    for (const part of chunk.choices[0]?.delta.tool_calls ?? []) {
      name += part.function?.name ?? '';
      json += part.function?.arguments ?? '';
      pieces += 1;
    }
  }

  expect([name, JSON.parse(json)]).toEqual(['get_weather', sampled]);
  expect(pieces).toBeGreaterThan(2);
});

test('Anthropic calls a tool and answers its result, through the SDK’s own accumulator', async () => {
  const tools = [{ name: 'get_weather', input_schema: parameters }];
  const request = { model: modelOf.anthropic, max_tokens: 500, tools };
  const first = await clients.anthropic.messages.stream({ ...request, messages: [question] }).finalMessage();
  const [block] = first.content;
  if (block?.type !== 'tool_use') throw new Error('no tool was called');

  const second = await clients.anthropic.messages.create({
    ...request,
    messages: [
      question,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: block.id, content: '21 degrees' }] },
    ],
  });

  expect(first.stop_reason).toBe('tool_use');
  expect([block.name, block.input]).toEqual(['get_weather', sampled]);
  expect(second.stop_reason).toBe('end_turn');
  expect(JSON.stringify(second.content)).toContain('21 degrees');
});

test('Ollama sends arguments as an object, whole and streamed', async () => {
  const request = { model: modelOf.ollama, messages: [question], tools: [weather] };
  const plain = await clients.ollama.chat(request);
  const calls: unknown[] = [];
  for await (const part of await clients.ollama.chat({ ...request, stream: true }))
    calls.push(...(part.message.tool_calls ?? []));

  const after = await clients.ollama.chat({
    ...request,
    messages: [question, plain.message, { role: 'tool', tool_name: 'get_weather', content: '21 degrees' }],
  });

  expect(plain.message.tool_calls).toEqual([{ function: { name: 'get_weather', arguments: sampled } }]);
  expect(calls).toEqual(plain.message.tool_calls);
  expect(plain.done_reason).toBe('stop');
  expect(after.message.content).toContain('21 degrees');
});

test('the tool choice is obeyed: none, or one by its name', async () => {
  const request = { model: modelOf.openai, messages: [question], tools: [weather, clock] };
  const none = await clients.openai.chat.completions.create({ ...request, tool_choice: 'none' });
  const named = await clients.openai.chat.completions.create({
    ...request,
    tool_choice: { type: 'function', function: { name: 'get_time' } },
  });

  expect(none.choices[0]?.message.tool_calls).toBeUndefined();
  expect(named.choices[0]?.message.tool_calls).toMatchObject([{ function: { name: 'get_time', arguments: '{}' } }]);
});

test('scripted calls are sent as they are, also when their arguments are not JSON', async () => {
  simulator.answer({
    text: 'Let me look.',
    toolCalls: [
      { name: 'a', arguments: { x: 1 } },
      { name: 'b', arguments: '{"x":' },
    ],
    times: 2,
  });

  const openai = await clients.openai.chat.completions.create({ model: modelOf.openai, messages: [question] });
  const stream = await clients.openai.chat.completions.create({ model: modelOf.openai, messages: [question], stream: true });
  const indexes = new Set<number>();
  for await (const chunk of stream) for (const { index } of chunk.choices[0]?.delta.tool_calls ?? []) indexes.add(index);

  expect(openai.choices[0]?.message).toMatchObject({
    content: 'Let me look.',
    tool_calls: [{ function: { name: 'a', arguments: '{"x":1}' } }, { function: { name: 'b', arguments: '{"x":' } }],
  });
  expect([...indexes]).toEqual([0, 1]);
});

const schema = {
  type: 'object',
  properties: { title: { type: 'string' }, score: { type: 'integer', minimum: 3 } },
  required: ['title', 'score'],
  additionalProperties: false,
};

test('a JSON schema is satisfied in each provider’s own way of asking for it', async () => {
  const format = { type: 'json_schema' as const, json_schema: { name: 'review', strict: true, schema } };
  const openai = await clients.openai.chat.completions.create({
    model: modelOf.openai,
    messages: [question],
    response_format: format,
  });
  const groq = await clients.groq.chat.completions.create({ model: modelOf.groq, messages: [question], response_format: format });
  const anthropic = await clients.anthropic.messages.create({
    model: modelOf.anthropic,
    messages: [question],
    max_tokens: 500,
    output_config: { format: { type: 'json_schema', schema } },
  });
  const ollama = await clients.ollama.chat({ model: modelOf.ollama, messages: [question], format: schema });
  const generated = await clients.ollama.generate({ model: modelOf.ollama, prompt: 'Review it.', format: schema });

  const texts = [
    openai.choices[0]?.message.content,
    groq.choices[0]?.message.content,
    anthropic.content[0]?.type === 'text' ? anthropic.content[0].text : undefined,
    ollama.message.content,
    generated.response,
  ];
  for (const text of texts) {
    expect(JSON.parse(text ?? '')).toEqual({ title: expect.any(String) as string, score: 3 });
  }
});

test('JSON mode without a schema gives an object', async () => {
  const messages = [{ role: 'user' as const, content: 'Reply in JSON.' }];
  const openai = await clients.openai.chat.completions.create({
    model: modelOf.openai,
    messages,
    response_format: { type: 'json_object' },
  });
  const ollama = await clients.ollama.chat({ model: modelOf.ollama, messages, format: 'json' });

  expect(JSON.parse(openai.choices[0]?.message.content ?? '')).toEqual({ answer: 'simulated answer' });
  expect(JSON.parse(ollama.message.content)).toEqual({ answer: 'simulated answer' });
});

test('a search tool is asked about the topic of the prompt', async () => {
  const search = {
    type: 'function' as const,
    function: { name: 'search', parameters: { type: 'object', properties: { query: { type: 'string' } } } },
  };
  const messages = [{ role: 'user' as const, content: 'Research the topic: Solar Sails' }];

  const { choices } = await clients.openai.chat.completions.create({ model: modelOf.openai, messages, tools: [search] });

  expect(choices[0]?.message.tool_calls).toMatchObject([{ function: { arguments: '{"query":"Solar Sails"}' } }]);
});
