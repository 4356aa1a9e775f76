import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bodyFor, clientsFor, modelOf, post } from '../test/sdk-clients.ts';
import type { Fault } from './faults.ts';
import type { ProviderName } from './provider.ts';
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
const containing = (text: string) => expect.stringContaining(text) as string;

// Sources: OpenAI guides/error-codes, console.groq.com/docs/errors, platform.claude.com/docs/en/api/errors
const inWords: readonly [ProviderName, Fault, number, unknown][] = [
  ['openai', { kind: 'status', status: 429 }, 429, { error: { type: 'requests', code: 'rate_limit_exceeded', param: null } }],
  ['openai', { kind: 'status', status: 429, errorCode: 'insufficient_quota' }, 429, { error: { type: 'insufficient_quota' } }],
  ['openai', { kind: 'quota' }, 429, { error: { type: 'insufficient_quota', code: 'insufficient_quota' } }],
  ['openai', { kind: 'status', status: 500 }, 500, { error: { type: 'server_error', code: null } }],
  ['openai', { kind: 'status', status: 401 }, 401, { error: { code: 'invalid_api_key' } }],
  ['openai', { kind: 'context_length' }, 400, { error: { code: 'context_length_exceeded', param: 'messages' } }],
  ['openai', { kind: 'content_filter' }, 400, { error: { code: 'content_filter' } }],
  ['groq', { kind: 'status', status: 429 }, 429, { error: { type: 'tokens', code: 'rate_limit_exceeded' } }],
  ['groq', { kind: 'status', status: 498 }, 498, { error: { code: 'capacity_exceeded' } }],
  ['groq', { kind: 'status', status: 413 }, 413, { error: { code: 'request_too_large' } }],
  ['groq', { kind: 'context_length' }, 400, { error: { code: 'context_length_exceeded' } }],
  ['groq', { kind: 'content_filter' }, 400, { error: { code: 'content_filter' } }],
  [
    'anthropic',
    { kind: 'status', status: 529 },
    529,
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  ],
  ['anthropic', { kind: 'status', status: 429 }, 429, { error: { type: 'rate_limit_error' } }],
  ['anthropic', { kind: 'status', status: 500, errorCode: 'overloaded_error' }, 500, { error: { type: 'overloaded_error' } }],
  [
    'anthropic',
    { kind: 'quota' },
    400,
    { error: { type: 'invalid_request_error', message: containing('credit balance is too low') } },
  ],
  [
    'anthropic',
    { kind: 'context_length' },
    400,
    { error: { message: expect.stringMatching(/^prompt is too long: \d+ tokens > 200000 maximum$/) as string } },
  ],
  ['anthropic', { kind: 'content_filter' }, 400, { error: { message: 'Output blocked by content filtering policy' } }],
  ['ollama', { kind: 'status', status: 500 }, 500, { error: expect.any(String) as string }],
  ['ollama', { kind: 'context_length' }, 400, { error: 'the input length exceeds the context length' }],
];

test.each(inWords)('%s puts %o into its own words', async (provider, fault, status, body) => {
  simulator.fault(fault);

  const response = await post(simulator, provider, bodyFor(provider, true));

  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject(body as Json);
});

test('every provider lists its models through its SDK', async () => {
  const { openai, groq, anthropic, ollama } = clientsFor(simulator);
  await ollama.chat({ model: 'mistral', messages: [{ role: 'user', content: 'x' }] });

  expect((await openai.models.list()).data).toMatchObject([{ id: modelOf.openai, object: 'model' }]);
  expect((await groq.models.list()).data).toMatchObject([{ id: modelOf.groq }]);
  expect((await anthropic.models.list()).data).toMatchObject([{ id: modelOf.anthropic, type: 'model' }]);
  expect((await anthropic.models.retrieve(modelOf.anthropic)).id).toBe(modelOf.anthropic);
  expect((await ollama.list()).models.map(({ name }) => name)).toEqual(['llama3.2:latest', 'mistral:latest']);
  expect((await ollama.ps()).models.map(({ name }) => name)).toContain('mistral:latest');
  expect((await ollama.show({ model: 'llama3.2:latest' })).capabilities).toContain('tools');
  expect((await ollama.version()).version).toMatch(/^\d+\.\d+/);
  expect(await (await fetch(simulator.urls.ollama)).text()).toBe('Ollama is running');
  expect((await fetch(simulator.urls.ollama, { method: 'HEAD' })).status).toBe(200);
});
