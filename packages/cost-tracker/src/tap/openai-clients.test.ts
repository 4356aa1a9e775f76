import OpenAI7 from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import OpenAI6 from 'openai-6';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { collect, nameOfError, sideBySide, startSimulator, type Matrix, type Scenario } from '../../test/side-by-side.ts';

type OpenAI = OpenAI7;

let simulator: Awaited<ReturnType<typeof startSimulator>>;
beforeAll(async () => {
  simulator = await startSimulator({ chunkIntervalMs: 1 });
});
afterAll(() => simulator.close());

const model = 'gpt-4o';
const messages = [{ role: 'user' as const, content: 'Hello there' }];
const ask = { model, messages };
const schema = z.object({ answer: z.string() });
const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'Says what the weather is like.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    function: () => 'sunny',
    parse: JSON.parse,
  },
};
const overloaded = { kind: 'status', status: 500 } as const;

/** What is done, how many rows that makes, and what they are. */
const scenarios: Readonly<Record<string, Scenario<OpenAI> & { readonly rows: readonly string[] }>> = {
  'an answer': { run: (client) => client.chat.completions.create(ask), rows: ['chat.completions answered'] },
  'a stream': {
    run: (client) => collect(client.chat.completions.create({ ...ask, stream: true })),
    rows: ['chat.completions answered'],
  },
  'a stream with the usage that its caller asked for': {
    run: (client) => collect(client.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } })),
    rows: ['chat.completions answered'],
  },
  'a stream of several choices with a tool': {
    run: (client) =>
      collect(
        client.chat.completions.create({
          ...ask,
          n: 2,
          tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
          stream: true,
        }),
      ),
    rows: ['chat.completions answered'],
  },
  'the helper for streams': {
    run: async (client) => {
      const texts: string[] = [];
      const stream = client.chat.completions.stream(ask).on('content', (text) => texts.push(text));
      return [await stream.finalChatCompletion(), texts];
    },
    rows: ['chat.completions answered'],
  },
  parse: {
    run: (client) => client.chat.completions.parse({ ...ask, response_format: zodResponseFormat(schema, 'answer') }),
    rows: ['chat.completions answered'],
  },
  'runTools, which asks twice': {
    run: async (client) => {
      const runner = client.chat.completions.runTools({ ...ask, tools: [weather] });
      return [await runner.finalContent(), runner.messages.length];
    },
    rows: ['chat.completions answered', 'chat.completions answered'],
  },
  withResponse: {
    run: async (client) => {
      const { data, response, request_id: id } = await client.chat.completions.create(ask).withResponse();
      const { status, ok, url, redirected, type, headers, bodyUsed } = response;
      return { data, status, ok, url, redirected, type, headers, bodyUsed, id };
    },
    rows: ['chat.completions answered'],
  },
  'a raw body': {
    run: async (client) => {
      const response = await client.chat.completions.create(ask).asResponse();
      const copy = response.clone();
      return [await response.json(), await copy.text(), copy.url === response.url, response instanceof Response];
    },
    rows: ['chat.completions answered'],
  },
  'a raw stream, read with a buffer of the caller’s': {
    run: async (client) => {
      const { body } = await client.chat.completions.create({ ...ask, stream: true }).asResponse();
      const reader = body!.getReader({ mode: 'byob' });
      let [text, view] = ['', new Uint8Array(64)];
      for (;;) {
        const { done, value } = await reader.read(view);
        if (done) return text;
        text += new TextDecoder().decode(value);
        view = new Uint8Array(value.buffer);
      }
    },
    rows: ['chat.completions answered'],
  },
  withOptions: {
    run: (client) => client.withOptions({ timeout: 5_000 }).chat.completions.create(ask),
    rows: ['chat.completions answered'],
  },
  responses: { run: (client) => client.responses.create({ model, input: 'Hello' }), rows: ['responses answered'] },
  'a stream of responses': {
    run: (client) => collect(client.responses.create({ model, input: 'Hello', stream: true })),
    rows: ['responses answered'],
  },
  'the helper for streams of responses': {
    run: (client) => client.responses.stream({ model, input: 'Hello' }).finalResponse(),
    rows: ['responses answered'],
  },
  'parsed responses': {
    run: (client) => client.responses.parse({ model, input: 'Hello', text: { format: zodTextFormat(schema, 'answer') } }),
    rows: ['responses answered'],
  },
  embeddings: {
    run: (client) => client.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'], dimensions: 4 }),
    rows: ['embeddings answered'],
  },
  'the models, which are no call': { run: async (client) => (await client.models.list()).data, rows: [] },
  'a refused request': {
    run: (client) => client.chat.completions.create({ model, messages: [] }),
    rows: ['chat.completions failed invalid_request 400'],
  },
  'a stream that is refused': {
    run: (client) => client.chat.completions.create({ ...ask, stream: true }),
    faults: [{ kind: 'status', status: 401, times: 5 }],
    rows: ['chat.completions failed auth 401'],
  },
  'three tries of the SDK': {
    run: (client) => client.withOptions({ maxRetries: 2 }).chat.completions.create(ask),
    faults: [{ ...overloaded, times: 2, headers: { 'retry-after-ms': '1' } }],
    rows: ['chat.completions failed overloaded 500', 'chat.completions failed overloaded 500', 'chat.completions answered'],
  },
  'tries that all fail': {
    run: (client) => client.withOptions({ maxRetries: 1 }).chat.completions.create(ask),
    faults: [{ ...overloaded, times: 2, headers: { 'retry-after-ms': '1' } }],
    rows: ['chat.completions failed overloaded 500', 'chat.completions failed overloaded 500'],
  },
  'a connection that breaks before the answer': {
    run: (client) => client.chat.completions.create(ask),
    faults: [{ kind: 'reset' }],
    rows: ['chat.completions failed network'],
  },
  'a stream that is cut': {
    run: (client) => collect(client.chat.completions.create({ ...ask, stream: true })),
    faults: [{ kind: 'cut', afterChunks: 2 }],
    rows: ['chat.completions failed stream_cut 200 estimated'],
  },
  'an answer that is cut': {
    run: (client) => client.chat.completions.create(ask),
    faults: [{ kind: 'cut' }],
    rows: ['chat.completions failed stream_cut 200'],
  },
  'a stream with a broken event, on which the SDK gives up': {
    run: (client) => nameOfError(collect(client.chat.completions.create({ ...ask, stream: true }))),
    faults: [{ kind: 'malformed', afterChunks: 2 }],
    answers: [{ text: 'word '.repeat(400) }],
    rows: ['chat.completions failed malformed_answer 200 estimated'],
  },
  'an answer that is no JSON': {
    run: (client) => client.chat.completions.create(ask),
    faults: [{ kind: 'not_json' }],
    rows: ['chat.completions failed malformed_answer 200'],
  },
  'an error in the middle of a stream': {
    run: (client) => collect(client.chat.completions.create({ ...ask, stream: true })),
    faults: [{ kind: 'in_band_error', afterChunks: 2 }],
    rows: ['chat.completions failed overloaded 200 estimated'],
  },
  'a stream that ends without its end mark': {
    run: (client) => collect(client.chat.completions.create({ ...ask, stream: true })),
    faults: [{ kind: 'no_terminator' }],
    rows: ['chat.completions answered'],
  },
  'a stream that its caller leaves': {
    run: async (client) => {
      for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
        if (chunk.choices[0]?.delta.content) return chunk.choices[0].delta.content;
      }
      return undefined;
    },
    answers: [{ text: 'word '.repeat(400) }],
    rows: ['chat.completions aborted aborted 200 estimated'],
  },
  'a stream that its caller aborts': {
    run: async (client) => {
      const controller = new AbortController();
      const stream = await client.chat.completions.create({ ...ask, stream: true }, { signal: controller.signal });
      const seen: string[] = [];
      for await (const chunk of stream) {
        seen.push(chunk.choices[0]?.delta.content ?? '');
        if (seen.length === 3) controller.abort();
      }
      return seen.length > 2;
    },
    answers: [{ text: 'word '.repeat(400) }],
    rows: ['chat.completions aborted aborted 200 estimated'],
  },
  'a call that its caller aborts while it waits': {
    run: (client) => client.chat.completions.create(ask, { signal: AbortSignal.timeout(100) }),
    faults: [{ kind: 'silence' }],
    rows: ['chat.completions aborted aborted'],
  },
  'a call that takes longer than the SDK allows, which is less than a second': {
    run: (client) => client.chat.completions.create(ask, { timeout: 100 }),
    faults: [{ kind: 'silence' }],
    rows: ['chat.completions failed attempt_timeout'],
  },
  'a call that takes longer than the client allows any': {
    run: (client) => client.withOptions({ timeout: 50 }).chat.completions.create(ask),
    faults: [{ kind: 'silence' }],
    rows: ['chat.completions failed attempt_timeout'],
  },
  'a call that its caller aborts before the client would': {
    run: (client) => client.withOptions({ timeout: 900 }).chat.completions.create(ask, { signal: AbortSignal.timeout(20) }),
    faults: [{ kind: 'silence' }],
    rows: ['chat.completions aborted aborted'],
  },
  'a call that takes longer than the SDK allows': {
    run: (client) => client.chat.completions.create(ask, { timeout: 1_000 }),
    faults: [{ kind: 'silence' }],
    rows: ['chat.completions failed attempt_timeout'],
  },
};

const shared = { apiKey: 'test-key', maxRetries: 0, logLevel: 'off' } as const;
const sdks: Readonly<Record<string, Matrix<OpenAI>>> = {
  'openai 7': {
    make: ({ urls }, fetch) => new OpenAI7({ ...shared, baseURL: urls.openai, fetch }),
    options: { provider: 'openai' },
  },
  'openai 6': {
    make: ({ urls }, fetch) => new OpenAI6({ ...shared, baseURL: urls.openai, fetch }) as unknown as OpenAI,
    options: { provider: 'openai' },
  },
  'openai 7 without the usage option': {
    make: ({ urls }, fetch) => new OpenAI7({ ...shared, baseURL: urls.openai, fetch }),
    options: { provider: 'openai', includeUsage: false },
  },
};

describe.each(Object.entries(sdks))('%s', (sdk, matrix) => {
  test.each(Object.entries(scenarios))(
    '%s: the same with a tracked client, and a row for each request',
    async (_, { rows: expected, ...scenario }) => {
      const { plain, tracked, rows } = await sideBySide(simulator, matrix, scenario);

      expect(tracked).toEqual(plain);
      const usageKnown = sdk !== 'openai 7 without the usage option';
      const said = rows.map(({ api, outcome, code = '', status = '', estimated }) =>
        [api, outcome, code, status, estimated && (usageKnown || outcome !== 'answered') ? 'estimated' : '']
          .join(' ')
          .replaceAll(/ +/g, ' ')
          .trim(),
      );
      expect(said).toEqual(expected);
      for (const row of rows) {
        expect(row.problem).toBeUndefined();
        if (row.outcome === 'answered') expect(row.costUsd).toBeGreaterThan(0);
      }
    },
  );
});

test('an answer that begins and takes longer than the SDK allows is a timeout, and its next try is of the same call', async () => {
  const { rows } = await sideBySide(simulator, sdks['openai 7']!, {
    run: (client) => client.chat.completions.create(ask, { timeout: 1_000, maxRetries: 1 }),
    faults: [{ kind: 'stall' }],
  });

  expect(rows).toMatchObject([
    { outcome: 'failed', code: 'attempt_timeout', status: 200, possiblyBilled: true },
    { outcome: 'answered', callId: rows[0]?.callId },
  ]);
});

test('the tries of one call share its id, and calls that are alike do not', async () => {
  const { rows } = await sideBySide(simulator, sdks['openai 7']!, {
    run: async (client) => {
      const patient = client.withOptions({ maxRetries: 2 });
      await Promise.all([patient.chat.completions.create(ask), patient.chat.completions.create(ask)]);
    },
    faults: [{ ...overloaded, times: 4, headers: { 'retry-after-ms': '1' } }],
  });

  const calls = [...new Set(rows.map(({ callId }) => callId))];
  const tries = calls.map((call) => rows.filter(({ callId }) => callId === call));
  expect(tries.map((each) => each.map(({ outcome }) => outcome))).toEqual([
    ['failed', 'failed', 'answered'],
    ['failed', 'failed', 'answered'],
  ]);
});
