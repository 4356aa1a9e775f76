import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { post } from '../../test/sdk-clients.ts';
import { startSimulator, type Simulator } from '../simulator.ts';

let simulator: Simulator;
let client: OpenAI;
beforeAll(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ apiKey: 'test-key', baseURL: simulator.urls.openai, maxRetries: 0, logLevel: 'off' });
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const model = 'gpt-5.4-mini';
const lookUp = {
  type: 'function' as const,
  name: 'look_up',
  strict: false,
  parameters: { type: 'object', properties: { term: { type: 'string' } }, required: ['term'] },
};
const answerFormat = {
  type: 'json_schema' as const,
  name: 'answer',
  schema: { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'], additionalProperties: false },
};

async function eventsOf(body: object): Promise<{ type: string; sequence_number: number }[]> {
  const response = await post(simulator, 'openai', { model, input: 'Hello', stream: true, ...body }, { path: '/responses' });
  const blocks = (await response.text()).trimEnd().split('\n\n');
  return blocks.map((block) => {
    const [name = '', data = ''] = block.split('\n');
    const event = JSON.parse(data.slice('data: '.length)) as { type: string; sequence_number: number };
    expect(name).toBe(`event: ${event.type}`);
    return event;
  });
}

const folded = (types: readonly string[]): string[] => types.filter((type, index) => type !== types[index - 1]);

// Source: platform.openai.com/docs/api-reference/responses and /responses-streaming
describe('responses', () => {
  test('an answer is a message with a text', async () => {
    simulator.answer({ text: 'Hi there.' });

    const response = await client.responses.create({ model, input: 'Hello', instructions: 'Be brief.' });

    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      output_text: 'Hi there.',
      instructions: 'Be brief.',
    });
    expect(response.output).toMatchObject([
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi there.' }] },
    ]);
    expect(response.usage?.total_tokens).toBe((response.usage?.input_tokens ?? 0) + (response.usage?.output_tokens ?? 0));
  });

  test('a stream comes in the documented sequence, numbered', async () => {
    const events = await eventsOf({});

    expect(folded(events.map(({ type }) => type))).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(events[0]).not.toHaveProperty('response.usage');
    expect(events.at(-1)).toMatchObject({
      response: { status: 'completed', usage: { input_tokens: expect.any(Number) as number } },
    });
  });

  test('what the SDK makes of a stream is what it gets without one', async () => {
    simulator.answer({ text: 'Word by word, as it comes.', times: 2 });

    const whole = await client.responses.create({ model, input: 'Hello' });
    const streamed = await client.responses.stream({ model, input: 'Hello' }).finalResponse();

    expect(streamed.output_text).toBe(whole.output_text);
    expect(streamed.usage).toEqual(whole.usage);
  });

  test('a function is called with arguments that fit, and its result is answered', async () => {
    const asked = await client.responses.create({ model, input: 'What is a tandem?', tools: [lookUp] });
    const [call] = asked.output.filter((item) => item.type === 'function_call');
    const result = { type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: 'A bicycle for two.' };

    const answered = await client.responses.create({
      model,
      input: [{ role: 'user', content: 'What is a tandem?' }, call!, result],
      tools: [lookUp],
    });

    expect(call?.name).toBe('look_up');
    expect(JSON.parse(call?.arguments ?? '')).toEqual({ term: expect.any(String) as string });
    expect(answered.output_text).not.toBe('');
    expect(folded((await eventsOf({ tools: [lookUp] })).map(({ type }) => type))).toContain(
      'response.function_call_arguments.delta',
    );
  });

  test('thinking, refusals, schemas and limits', async () => {
    const thought = await client.responses.create({ model, input: 'Think.', reasoning: { effort: 'low' } });
    simulator.answer({ refusal: 'No.' });
    const refused = await client.responses.create({ model, input: 'Do it.' });
    const formed = await client.responses.create({ model, input: 'JSON', text: { format: answerFormat } });
    simulator.answer({ text: 'word '.repeat(100) });
    const short = await client.responses.create({ model, input: 'Go on.', max_output_tokens: 16 });

    expect(thought.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    expect(thought.output[0]?.type).toBe('reasoning');
    expect(refused.output).toMatchObject([{ content: [{ type: 'refusal', refusal: 'No.' }] }]);
    expect(JSON.parse(formed.output_text)).toHaveProperty('answer');
    expect(short).toMatchObject({ status: 'incomplete', usage: { output_tokens: 16 } });
  });

  test('an error within a stream is an event of its own', async () => {
    simulator.fault({ kind: 'in_band_error' });

    expect((await eventsOf({})).at(-1)).toMatchObject({ type: 'error', message: expect.any(String) as string });
  });

  test.each([
    [{ input: 'Hello' }, 'model'],
    [{ model }, 'input'],
  ])('%o is refused', async (body, param) => {
    const response = await post(simulator, 'openai', body, { path: '/responses' });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param, type: 'invalid_request_error' } });
  });
});

// Source: platform.openai.com/docs/api-reference/embeddings/create
describe('embeddings', () => {
  test('each text has a vector of length one, the same for the same text', async () => {
    const { data, usage } = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: ['one', 'two', 'one'],
      dimensions: 8,
    });

    expect(data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 8],
      [1, 8],
      [2, 8],
    ]);
    expect(data[0]?.embedding).toEqual(data[2]?.embedding);
    expect(data[0]?.embedding).not.toEqual(data[1]?.embedding);
    expect(Math.hypot(...(data[0]?.embedding ?? []))).toBeCloseTo(1, 5);
    expect(usage.total_tokens).toBe(usage.prompt_tokens);
  });

  test('as floats or as bytes, they are the same', async () => {
    const floats = await client.embeddings.create({ model: 'e', input: 'x', encoding_format: 'float' });
    const bytes = await client.embeddings.create({ model: 'e', input: 'x' });

    expect(floats.data[0]?.embedding.map((value) => Math.fround(value))).toEqual(bytes.data[0]?.embedding);
  });

  test('nothing to embed is refused', async () => {
    const response = await post(simulator, 'openai', { model: 'e' }, { path: '/embeddings' });

    expect(response.status).toBe(400);
  });
});
