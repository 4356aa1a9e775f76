/** Whatever is sent: an answer or a 4xx in the shape of the API, never a crash, never a secret. */
import { connect } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fourModels, gatewayWith, type TestGateway } from '../test/gateway-with.ts';

let running: TestGateway;
beforeAll(async () => {
  running = await gatewayWith(`${fourModels}\ngeneral_settings: { max_body_bytes: 20000 }\n`);
});
afterAll(() => running.close());

const runs = process.env['ROLECALL_SOAK'] ? 2_000 : 100;
const secret = 'sk-caller-secret-value-123456';
const provided = /sk-test-openai-1234|sk-ant-test-1234|gsk_test_1234|sk-caller-secret-value-123456/;

/** Requests that hold every field there is, for the fuzzer to spoil. */
const image = 'https://e.test/a.png';
const whole: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '/v1/chat/completions': {
    model: 'claude',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'image_url', image_url: { url: image } },
        ],
      },
    ],
    tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
    tool_choice: 'auto',
    response_format: { type: 'json_object' },
    stop: ['x'],
    temperature: 1,
    max_tokens: 5,
    stream: false,
    stream_options: {},
    metadata: { tags: ['a'] },
    fallbacks: ['local'],
    disable_fallbacks: false,
    cache: { ttl: 1 },
    tags: ['a'],
  },
  '/v1/messages': {
    model: 'gpt',
    max_tokens: 5,
    system: [{ type: 'text', text: 'Be.' }],
    stop_sequences: ['x'],
    thinking: { type: 'disabled' },
    messages: [
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'b' },
          { type: 'image', source: { type: 'url', url: image } },
        ],
      },
    ],
    tools: [{ name: 'look', input_schema: { type: 'object' } }],
    tool_choice: { type: 'auto' },
    metadata: { user_id: 'u' },
  },
  '/v1/responses': {
    model: 'local',
    instructions: 'Be.',
    text: { format: { type: 'text' } },
    reasoning: { effort: 'low' },
    max_output_tokens: 5,
    input: [
      { role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}' },
      { type: 'function_call_output', call_id: 'a', output: 'b' },
    ],
    tools: [{ type: 'function', name: 'look', parameters: {} }],
    tool_choice: 'auto',
  },
  '/v1/embeddings': { model: 'gpt', input: ['a'], encoding_format: 'float' },
};

function check(path: string, status: number, text: string): void {
  expect(text).not.toMatch(provided);
  if (status === 200) return;
  expect([400, 404, 413, 415]).toContain(status);
  const body = JSON.parse(text) as { type?: string; error: { message: string; type: string } };
  expect(body.error).toMatchObject({ message: expect.any(String), type: expect.any(String) });
  if (path === '/v1/messages') expect(body.type).toBe('error');
}

/** Puts `junk` in the place of the value at some path of the body. */
function spoilt(body: unknown, steps: readonly number[], junk: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof body !== 'object' || body === null) return junk;
  const keys = Object.keys(body);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined) return junk;
  const copy: unknown = Array.isArray(body) ? [...(body as unknown[])] : { ...body };
  Reflect.set(copy as object, key, spoilt(Reflect.get(body, key), rest, junk));
  return copy;
}

test.each(Object.keys(whole))('%s with anything in any place', async (path) => {
  const places = fc.array(fc.nat(30), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(places, fc.jsonValue({ maxDepth: 3 }), async (steps, junk) => {
      const response = await running.post(path, spoilt(whole[path], steps, junk), { authorization: `Bearer ${secret}` });
      check(path, response.status, await response.text());
    }),
    { numRuns: runs },
  );
});

test('bodies that are no JSON, no object, too long or too deep', async () => {
  const deep = `${'{"a":['.repeat(1_500)}1${']}'.repeat(1_500)}`;
  const bodies = [
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '7',
    'x'.repeat(30_000),
    deep,
    '{"model":"gpt","model":',
    '\u0000',
    '{"__proto__":{"model":"gpt"}}',
  ];
  for (const path of Object.keys(whole)) {
    for (const body of bodies) {
      const response = await running.post(path, body);
      const text = await response.text();

      expect(response.status).toBeGreaterThanOrEqual(400);
      check(path, response.status, text);
    }
  }
});

test('headers of any kind', async () => {
  const value = fc.string({ maxLength: 60 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '').trim());
  const names = [
    'x-rolecall-role',
    'x-rolecall-tags',
    'x-rolecall-call-id',
    'cache-control',
    'x-litellm-tags',
    'accept',
    'user-agent',
    'x-other',
  ];
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), value), async (headers) => {
      const response = await running.post('/v1/chat/completions', { model: 'none', messages: [] }, headers);
      check('/v1/chat/completions', response.status, await response.text());
    }),
    { numRuns: runs },
  );
});

test('what is no HTTP at all', async () => {
  const { port } = new URL(running.url);
  const raw = (bytes: string): Promise<string> =>
    new Promise((resolve) => {
      let answer = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.end(bytes));
      socket
        .on('data', (data) => (answer += data.toString()))
        .on('close', () => resolve(answer))
        .on('error', () => resolve(answer));
    });
  const answers = await Promise.all([
    raw('\u0001\u0002nonsense\r\n\r\n'),
    raw('POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: abc\r\n\r\n'),
    raw(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`),
  ]);

  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect((await running.post('/v1/chat/completions', { model: 'gpt', messages: [{ role: 'user', content: 'Hi' }] })).status).toBe(
    200,
  );
});

test('paths and methods that are not there', async () => {
  const nowhere = await fetch(`${running.url}/v2/../%ff`);
  const wrong = await fetch(`${running.url}/v1/chat/completions`);
  const counting = await running.post('/v1/messages/count_tokens', {});

  expect(nowhere.status).toBe(404);
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get('allow')).toBe('POST');
  expect(await counting.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } }); // as its clients read it
});
