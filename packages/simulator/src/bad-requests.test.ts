import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bodyFor, clientsFor, modelOf, post } from '../test/sdk-clients.ts';
import { providerNames, type ProviderName } from './provider.ts';
import { startSimulator, type Simulator } from './simulator.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({
    models: { openai: [modelOf.openai], groq: [modelOf.groq], anthropic: [modelOf.anthropic] },
  });
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

type Json = Record<string, unknown>;

/** Status and body of what is answered to a changed body. */
async function answer(
  provider: ProviderName,
  changes: Json = {},
  options: Parameters<typeof post>[3] = {},
): Promise<[number, Json]> {
  const response = await post(simulator, provider, { ...bodyFor(provider), ...changes }, options);
  return [response.status, (await response.json()) as Json];
}

const openaiError = (message: unknown, more: Json = {}) => ({
  error: { message, type: 'invalid_request_error', param: null, code: null, ...more },
});
const anthropicError = (type: string, message: unknown) => ({
  type: 'error',
  error: { type, message },
  request_id: expect.stringMatching(/^req_/) as string,
});
const groqError = (message: unknown, more: Json = {}) => ({ error: { message, type: 'invalid_request_error', ...more } });
const containing = (text: string) => expect.stringContaining(text) as string;

describe('OpenAI', () => {
  const optional = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
  test.each<[string, Json, unknown]>([
    ['no model', { model: undefined }, openaiError('you must provide a model parameter')],
    [
      'no messages',
      { messages: undefined },
      openaiError("Missing required parameter: 'messages'.", { param: 'messages', code: 'missing_required_parameter' }),
    ],
    ['empty messages', { messages: [] }, openaiError(containing('empty array'), { param: 'messages', code: 'empty_array' })],
    [
      'an unknown role',
      { messages: [{ role: 'robot', content: 'x' }] },
      openaiError(containing("Invalid value: 'robot'"), { param: 'messages[0].role', code: 'invalid_value' }),
    ],
    [
      'no content',
      { messages: [{ role: 'user' }] },
      openaiError(containing('content'), { param: 'messages[0].content', code: 'invalid_type' }),
    ],
    [
      'a tool message out of nowhere',
      { messages: [{ role: 'tool', tool_call_id: 'a', content: 'x' }] },
      openaiError(containing('must be a response to a preceding message'), { param: 'messages[0].role' }),
    ],
    [
      'a tool call without its answer',
      {
        messages: [
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          { role: 'user', content: 'x' },
        ],
      },
      openaiError(containing('call_1'), { param: 'messages[1].role' }),
    ],
    [
      'stream options without a stream',
      { stream_options: { include_usage: true } },
      openaiError(containing('stream_options'), { param: 'stream_options' }),
    ],
    [
      'JSON mode without the word',
      { response_format: { type: 'json_object' } },
      openaiError(containing("the word 'json'"), { param: 'messages' }),
    ],
    [
      'a strict schema that is open',
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'x', strict: true, schema: { type: 'object', properties: {} } },
        },
      },
      openaiError(containing("'additionalProperties' is required"), { param: 'response_format' }),
    ],
    [
      'a strict tool with an optional argument',
      { tools: [{ type: 'function', function: { name: 'f', strict: true, parameters: optional } }] },
      openaiError(containing("Missing 'a'"), { param: 'tools[0].function.parameters' }),
    ],
  ])('%s is a 400 in its words', async (_, changes, expected) => {
    expect(await answer('openai', changes)).toEqual([400, expected]);
  });

  test('max_tokens is refused by its reasoning models', async () => {
    const [status, body] = await answer('openai', { model: 'gpt-6.1-sol', max_tokens: 5 });

    expect([status, body]).toEqual([
      400,
      openaiError(containing('max_completion_tokens'), { param: 'max_tokens', code: 'unsupported_parameter' }),
    ]);
  });

  test('no key is a 401, an unknown model a 404, the wrong method a 405', async () => {
    const unknown = openaiError(containing('`gpt-0` does not exist'), { code: 'model_not_found' });

    expect(await answer('openai', {}, { headers: {} })).toEqual([401, openaiError(containing("didn't provide an API key"))]);
    expect(await answer('openai', { model: 'gpt-0' })).toEqual([404, unknown]);
    const response = await fetch(`${simulator.urls.openai}/chat/completions`);
    expect([response.status, await response.json()]).toEqual([
      405,
      openaiError(containing('Not allowed'), { code: 'method_not_supported' }),
    ]);
  });
});

describe('Anthropic', () => {
  const user = { role: 'user', content: 'x' };
  const use = { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }] };
  test.each<[string, Json, string]>([
    ['no model', { model: undefined }, 'model: Field required'],
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['max_tokens of 0', { max_tokens: 0 }, 'max_tokens: Input should be'],
    ['no messages', { messages: undefined }, 'messages: Field required'],
    ['empty messages', { messages: [] }, 'messages: at least one message is required'],
    ['a system message', { messages: [{ role: 'system', content: 'x' }] }, 'Unexpected role "system"'],
    [
      'empty text',
      { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
      'text content blocks must be non-empty',
    ],
    ['a tool call without its result', { messages: [user, use, user] }, '`tool_use` ids were found without `tool_result`'],
    [
      'a result out of nowhere',
      { messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' }] }] },
      'unexpected `tool_use_id`',
    ],
    ['too much temperature', { temperature: 1.5 }, 'temperature: range: 0..1'],
    [
      'a thinking budget above the limit',
      { thinking: { type: 'enabled', budget_tokens: 2_000 } },
      '`max_tokens` must be greater',
    ],
    [
      'thinking and a forced tool',
      { thinking: { type: 'adaptive' }, tools: [{ name: 'f', input_schema: { type: 'object' } }], tool_choice: { type: 'any' } },
      'Thinking may not be enabled',
    ],
    [
      'an open output schema',
      { output_config: { format: { type: 'json_schema', schema: { type: 'object', properties: {} } } } },
      "'additionalProperties' must be explicitly set to false",
    ],
  ])('%s is a 400 in its words', async (_, changes, message) => {
    expect(await answer('anthropic', changes)).toEqual([400, anthropicError('invalid_request_error', containing(message))]);
  });

  test('an output schema may have optional properties', async () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };

    const [status] = await answer('anthropic', { output_config: { format: { type: 'json_schema', schema } } });

    expect(status).toBe(200);
  });

  test('no key is a 401, no version a 400, an unknown model a 404, and the id is the header’s', async () => {
    const version = { 'anthropic-version': '2023-06-01' };

    expect(await answer('anthropic', {}, { headers: version })).toEqual([
      401,
      anthropicError('authentication_error', containing('x-api-key')),
    ]);
    expect(await answer('anthropic', {}, { headers: { 'x-api-key': 'k' } })).toEqual([
      400,
      anthropicError('invalid_request_error', 'anthropic-version: header is required'),
    ]);
    const response = await post(
      simulator,
      'anthropic',
      { ...bodyFor('anthropic'), model: 'claude-0' },
      { headers: { ...version, 'x-api-key': 'k' } },
    );
    const body = (await response.json()) as { request_id: string };
    expect([response.status, body]).toEqual([404, anthropicError('not_found_error', 'model: claude-0')]);
    expect(body.request_id).toBe(response.headers.get('request-id'));
  });
});

test('Groq says what is wrong in its words', async () => {
  expect(await answer('groq', { messages: undefined })).toEqual([
    400,
    groqError("'messages' : property 'messages' is missing", { param: 'messages' }),
  ]);
  expect(await answer('groq', { n: 2 })).toEqual([400, groqError(containing('at most 1'), { param: 'n' })]);
  expect(await answer('groq', {}, { headers: {} })).toEqual([401, groqError('Invalid API Key', { code: 'invalid_api_key' })]);
  expect(await answer('groq', { model: 'x' })).toEqual([
    404,
    groqError(containing('`x` does not exist'), { code: 'model_not_found' }),
  ]);
});

test('Ollama says what is wrong in its words, also in those of OpenAI', async () => {
  const v1 = { path: '/v1/chat/completions' };

  expect(await answer('ollama', { model: '' })).toEqual([400, { error: 'model is required' }]);
  expect(await answer('ollama', { model: 'phi9' })).toEqual([404, { error: 'model "phi9" not found' }]);
  expect(await answer('ollama', { messages: [{ role: 'user', content: [] }] })).toEqual([
    400,
    { error: containing('cannot unmarshal') },
  ]);
  expect(await answer('ollama', { model: 'phi9' }, v1)).toEqual([
    404,
    { error: { message: 'model "phi9" not found', type: 'not_found_error', param: null, code: null } },
  ]);
  await expect(clientsFor(simulator).ollama.show({ model: 'phi9' })).rejects.toMatchObject({ status_code: 404 });
});

describe.each(providerNames)('%s', (provider) => {
  test.each(['{"model":', '[]', '"text"'])('refuses the body %s', async (body) => {
    const response = await post(simulator, provider, body);

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: expect.anything() as unknown });
  });

  test('knows its paths, and no other', async () => {
    const response = await post(simulator, provider, {}, { path: '/v9/nothing' });

    expect(response.status).toBe(404);
    expect(await response.text()).toMatch(provider === 'ollama' ? /^404 page not found$/ : /^\{.*"error"/);
    expect(simulator.requests.at(-1)).toMatchObject({ path: expect.stringContaining('/v9/nothing') as string, status: 404 });
  });

  test('a model at the end of a path may be anything, even badly encoded', async () => {
    const root = { openai: '/models', groq: '/openai/v1/models', anthropic: '/v1/models', ollama: '/v1/models' }[provider];
    const get = async (model: string) =>
      (
        await fetch(`${simulator.urls[provider]}${root}/${model}`, {
          headers: { authorization: 'Bearer k', 'anthropic-version': 'x' },
        })
      ).status;

    expect([await get(encodeURIComponent(modelOf[provider])), await get('%E0%A4%A')]).toEqual([200, 404]);
  });
});

test('a body larger than any provider takes is refused', async () => {
  const response = await post(simulator, 'anthropic', { ...bodyFor('anthropic'), padding: 'x'.repeat(33_000_000) });

  expect([response.status, await response.json()]).toEqual([413, anthropicError('request_too_large', expect.any(String))]);
});
