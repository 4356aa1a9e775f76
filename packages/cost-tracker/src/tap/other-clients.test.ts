import Anthropic from '@anthropic-ai/sdk';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import Groq from 'groq-sdk';
import { Ollama } from 'ollama';
import { AzureOpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { CostTracker } from '../cost-tracker.ts';
import type { LedgerRow } from '../row.ts';
import { collect, nameOfError, sideBySide, startSimulator, type Matrix, type Scenario } from '../../test/side-by-side.ts';

let simulator: Awaited<ReturnType<typeof startSimulator>>;
beforeAll(async () => {
  simulator = await startSimulator({ chunkIntervalMs: 1 });
});
afterAll(() => simulator.close());

type Cases<Client> = Readonly<Record<string, Scenario<Client> & { readonly rows: readonly string[] }>>;

const messages = [{ role: 'user' as const, content: 'Hello there' }];
const long = { text: 'word '.repeat(400) };
const overloaded = { kind: 'status', status: 503, times: 2, headers: { 'retry-after-ms': '1' } } as const;
const said = ({ api, outcome, code, status, estimated }: LedgerRow): string =>
  [api, outcome, code, status, estimated ? 'estimated' : undefined].filter((part) => part !== undefined).join(' ');

async function same<Client extends object>(
  matrix: Matrix<Client>,
  { rows: expected, ...scenario }: Cases<Client>[string],
): Promise<void> {
  const { plain, tracked, rows } = await sideBySide(simulator, matrix, scenario);

  expect(tracked).toEqual(plain);
  expect(rows.map(said)).toEqual(expected);
}

describe('Anthropic', () => {
  const ask = { model: 'claude-sonnet-5-5', max_tokens: 1_000, messages };
  const matrix: Matrix<Anthropic> = {
    make: ({ urls }, fetch) =>
      new Anthropic({ apiKey: 'test-key', maxRetries: 0, logLevel: 'off', baseURL: urls.anthropic, fetch }),
  };
  const tool = betaZodTool({
    name: 'weather',
    description: 'Says what the weather is like.',
    inputSchema: z.object({ city: z.string() }),
    run: () => 'sunny',
  });
  const cases: Cases<Anthropic> = {
    'an answer': { run: (client) => client.messages.create(ask), rows: ['messages answered'] },
    'a stream': { run: (client) => collect(client.messages.create({ ...ask, stream: true })), rows: ['messages answered'] },
    'the helper for streams': { run: (client) => client.messages.stream(ask).finalMessage(), rows: ['messages answered'] },
    'beta messages': { run: (client) => client.beta.messages.create(ask), rows: ['messages answered'] },
    // The simulator keeps no threads, with which the runner goes on.
    'the tool runner, whose second request is refused': {
      run: (client) => client.beta.messages.toolRunner({ ...ask, tools: [tool] }).runUntilDone(),
      rows: ['messages answered', 'messages failed invalid_request 400'],
    },
    withResponse: {
      run: async (client) => {
        const { data, response, request_id: id } = await client.messages.create(ask).withResponse();
        return [data, response.url, response.headers, id];
      },
      rows: ['messages answered'],
    },
    withOptions: { run: (client) => client.withOptions({ timeout: 9_000 }).messages.create(ask), rows: ['messages answered'] },
    'an error': {
      run: (client) => client.messages.create({ ...ask, messages: [] }),
      rows: ['messages failed invalid_request 400'],
    },
    'three tries of the SDK': {
      run: (client) => client.withOptions({ maxRetries: 2 }).messages.create(ask),
      faults: [overloaded],
      rows: ['messages failed overloaded 503', 'messages failed overloaded 503', 'messages answered'],
    },
    'a call that takes longer than the client allows any': {
      run: (client) => client.withOptions({ timeout: 50 }).messages.create(ask),
      faults: [{ kind: 'silence' }],
      rows: ['messages failed attempt_timeout'],
    },
    'a call that its caller aborts before the client would': {
      run: (client) => client.withOptions({ timeout: 900 }).messages.create(ask, { signal: AbortSignal.timeout(20) }),
      faults: [{ kind: 'silence' }],
      rows: ['messages aborted aborted'],
    },
    'a stream that its caller leaves': {
      run: async (client) => {
        for await (const event of await client.messages.create({ ...ask, stream: true })) {
          if (event.type === 'content_block_delta') return event.delta;
        }
        return undefined;
      },
      answers: [long],
      rows: ['messages aborted aborted 200 estimated'],
    },
    'a stream that its caller aborts when it has taken longer than the SDK allows until it begins': {
      run: (client) =>
        collect(client.messages.create({ ...ask, stream: true }, { timeout: 1_000, signal: AbortSignal.timeout(1_100) })),
      faults: [{ kind: 'stall' }],
      rows: ['messages aborted aborted 200 estimated'],
    },
    'a stream that is aborted by its helper': {
      run: async (client) => {
        const stream = client.messages.stream(ask);
        stream.on('text', () => stream.abort());
        return stream.finalMessage();
      },
      answers: [long],
      rows: ['messages aborted aborted 200 estimated'],
    },
    'an error in the middle of a stream': {
      run: (client) => collect(client.messages.create({ ...ask, stream: true })),
      faults: [{ kind: 'in_band_error', afterChunks: 1 }],
      rows: ['messages failed overloaded 200 estimated'],
    },
    'a stream with a broken event, on which the SDK gives up': {
      run: (client) => nameOfError(collect(client.messages.create({ ...ask, stream: true }))),
      faults: [{ kind: 'malformed', afterChunks: 1 }],
      answers: [long],
      rows: ['messages failed malformed_answer 200 estimated'],
    },
    'a stream that is cut': {
      run: (client) => collect(client.messages.create({ ...ask, stream: true })),
      faults: [{ kind: 'cut', afterChunks: 1 }],
      rows: ['messages failed stream_cut 200 estimated'],
    },
  };

  test.each(Object.entries(cases))('%s', (_, scenario) => same(matrix, scenario));

  test('a stream that is left is charged for the prompt that was counted and the text that came', async () => {
    const { rows } = await sideBySide(simulator, matrix, cases['a stream that its caller leaves']!);

    expect(rows[0]?.usage).toMatchObject({ inputTokens: 10, cacheReadTokens: 0 });
    expect(rows[0]?.usage.outputTokens).toBeGreaterThan(3);
    expect(rows[0]?.usage.outputTokens).toBeLessThan(500);
    expect(rows[0]?.costUsd).toBeGreaterThan(0);
  });
});

describe('Groq', () => {
  const ask = { model: 'llama-3.3-70b-versatile', messages };
  const matrix: Matrix<Groq> = {
    make: ({ urls }, fetch) => new Groq({ apiKey: 'test-key', maxRetries: 0, logLevel: 'off', baseURL: urls.groq, fetch }),
  };
  const cases: Cases<Groq> = {
    'an answer': { run: (client) => client.chat.completions.create(ask), rows: ['chat.completions answered'] },
    'a stream': {
      run: (client) => collect(client.chat.completions.create({ ...ask, stream: true })),
      rows: ['chat.completions answered'],
    },
    withResponse: {
      run: async (client) => (await client.chat.completions.create(ask).withResponse()).data,
      rows: ['chat.completions answered'],
    },
    'an error': {
      run: (client) => client.chat.completions.create({ ...ask, n: 2 }),
      rows: ['chat.completions failed invalid_request 400'],
    },
    'three tries of the SDK': {
      run: (client) => client.withOptions({ maxRetries: 2 }).chat.completions.create(ask),
      faults: [overloaded],
      rows: ['chat.completions failed overloaded 503', 'chat.completions failed overloaded 503', 'chat.completions answered'],
    },
    'a call that takes longer than the client allows any': {
      run: (client) => client.withOptions({ timeout: 50 }).chat.completions.create(ask),
      faults: [{ kind: 'silence' }],
      rows: ['chat.completions failed attempt_timeout'],
    },
    'a stream with a broken event, on which the SDK gives up': {
      run: (client) => nameOfError(collect(client.chat.completions.create({ ...ask, stream: true }))),
      faults: [{ kind: 'malformed', afterChunks: 1 }],
      answers: [long],
      rows: ['chat.completions failed malformed_answer 200 estimated'],
    },
    'a stream that its caller leaves': {
      run: async (client) => {
        for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
          if (chunk.choices[0]?.delta.content) return chunk.choices[0].delta;
        }
        return undefined;
      },
      answers: [long],
      rows: ['chat.completions aborted aborted 200 estimated'],
    },
  };

  test.each(Object.entries(cases))('%s', (_, scenario) => same(matrix, scenario));

  test('its own time is told from the network’s', async () => {
    const { rows } = await sideBySide(simulator, matrix, cases['a stream']!);

    const { latencyMs = 0, networkMs = 0, durations } = rows[0] ?? {};
    expect(durations?.totalMs).toBeGreaterThan(0);
    expect(networkMs + (durations?.totalMs ?? 0)).toBeCloseTo(latencyMs, 2);
  });
});

describe('Ollama', () => {
  const ask = { model: 'llama3.2', messages };
  const matrix: Matrix<Ollama> = { make: ({ urls }, fetch) => new Ollama({ host: urls.ollama, fetch }) };
  const cases: Cases<Ollama> = {
    'an answer': { run: (client) => client.chat(ask), rows: ['ollama.chat answered'] },
    'a stream': { run: (client) => collect(client.chat({ ...ask, stream: true })), rows: ['ollama.chat answered'] },
    'a generation': {
      run: (client) => client.generate({ model: 'llama3.2', prompt: 'Hello' }),
      rows: ['ollama.generate answered'],
    },
    'a stream of a generation': {
      run: (client) => collect(client.generate({ model: 'llama3.2', prompt: 'Hello', stream: true })),
      rows: ['ollama.generate answered'],
    },
    'the models, which are no call': { run: (client) => client.list(), rows: [] },
    'a model that is not there': {
      run: (client) => client.chat({ ...ask, model: 'nobody' }),
      rows: ['ollama.chat failed not_found 404'],
    },
    'a stream that its caller aborts': {
      run: async (client) => {
        const stream = await client.chat({ ...ask, stream: true });
        for await (const part of stream) if (part.message.content) stream.abort();
      },
      answers: [long],
      rows: ['ollama.chat aborted aborted 200 estimated'],
    },
    'a stream that is aborted with all others of its client': {
      run: async (client) => {
        for await (const part of await client.chat({ ...ask, stream: true })) if (part.message.content) client.abort();
      },
      answers: [long],
      rows: ['ollama.chat aborted aborted 200 estimated'],
    },
    'an error in the middle of a stream': {
      run: (client) => collect(client.chat({ ...ask, stream: true })),
      faults: [{ kind: 'in_band_error', afterChunks: 1 }],
      rows: ['ollama.chat failed overloaded 200 estimated'],
    },
  };

  test.each(Object.entries(cases))('%s', (_, scenario) => same(matrix, scenario));

  test('costs nothing, and its own time is told from the rest', async () => {
    const { rows } = await sideBySide(simulator, matrix, cases['an answer']!);

    expect(rows).toMatchObject([{ model: 'ollama/llama3.2', costUsd: 0, local: true, price: { source: 'local' } }]);
    expect(rows[0]?.durations?.totalMs).toBeGreaterThan(0);
    expect(rows[0]?.networkMs).toBeGreaterThanOrEqual(0);
  });

  test('a tracked copy ends its own streams, and not those of the client it was made of', async () => {
    simulator.reset();
    const client = new Ollama({ host: simulator.urls.ollama });
    const tracked = new CostTracker().track(client);

    const [own, copys] = [await client.chat({ ...ask, stream: true }), await tracked.chat({ ...ask, stream: true })];
    tracked.abort();

    await expect(collect(copys)).rejects.toThrow(/abort/);
    expect((await collect(own)).length).toBeGreaterThan(1);
  });
});

test('Azure’s client is tracked under its own name, and a local stand-in takes no price of OpenAI’s', async () => {
  simulator.reset();
  const tracker = new CostTracker();
  const azure = new AzureOpenAI({
    apiKey: 'k',
    apiVersion: '2024-10-21',
    endpoint: 'https://house.openai.azure.com',
    fetch: (_, init) =>
      fetch(`${simulator.urls.openai}/chat/completions`, {
        ...init,
        headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
      }),
  });

  const client = tracker.track(azure);
  await client.chat.completions.create({ model: 'gpt-4o', messages });

  expect(client).toBeInstanceOf(AzureOpenAI);
  expect(tracker.rows()).toMatchObject([{ model: 'azure/gpt-4o', outcome: 'answered', local: false }]);
});
