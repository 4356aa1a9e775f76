import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelError } from '../errors.ts';
import type { Backend } from '../backend.ts';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { backendOf } from './backend.ts';
import type { Environment } from './environment.ts';
import type { ModelParams } from './file.ts';

const messages = [{ role: 'user', content: 'Hello' }] as const;
let simulator: Simulator;

beforeAll(async () => void (simulator = await startSimulator({ models: { ollama: ['mistral'] } })));
beforeEach(() => {
  simulator.reset();
  for (const name of ['OPENAI', 'ANTHROPIC', 'GROQ'])
    for (const what of ['API_KEY', 'BASE_URL']) vi.stubEnv(`${name}_${what}`, undefined);
});
afterAll(() => simulator.close());

function modelOf(params: ModelParams, env: Environment = {}, missing?: string): Backend {
  const outcome = backendOf(params, missing, env);
  if (outcome.objection) throw new Error(outcome.objection.sentence);
  return outcome.model;
}

async function asked(params: ModelParams, env: Environment = {}) {
  const { model } = await modelOf(params, env)({ messages });
  const { provider, path, headers } = simulator.requests[0] ?? {};
  return { model, provider, path, authorization: headers?.['authorization'], headers };
}

describe('where a call goes, and with which key', () => {
  test('an address and a key in the file', async () => {
    const { openai } = simulator.urls;

    expect(await asked({ model: 'openai/my-model', api_base: openai, api_key: 'sk-own' })).toMatchObject({
      model: 'openai-compatible/my-model',
      provider: 'openai',
      authorization: 'Bearer sk-own',
    });
  });

  test("the environment's key goes where the environment leads", async () => {
    const env = { OPENAI_BASE_URL: simulator.urls.openai, OPENAI_API_KEY: 'sk-env' };

    expect(await asked({ model: 'gpt-4' }, env)).toMatchObject({ authorization: 'Bearer sk-env' });
  });

  test("the environment's key does not go to an address that the file names", async () => {
    const env = { OPENAI_API_KEY: 'sk-env', GROQ_API_KEY: 'gsk-env' };

    expect((await asked({ model: 'openai/m', api_base: simulator.urls.openai }, env)).authorization).toBe('Bearer not-needed');
  });

  test('but the key of a server without an address of its own does', async () => {
    const params = { model: 'hosted_vllm/m', api_base: simulator.urls.openai };

    expect(await asked(params, { HOSTED_VLLM_API_KEY: 'own' })).toMatchObject({ model: 'vllm/m', authorization: 'Bearer own' });
  });

  test.each([
    ['', '/v1/messages'],
    ['/v1/messages', '/v1/messages'],
    ['/v1', '/v1/messages'],
  ])('Anthropic with the path %j', async (path, endpoint) => {
    const params = { model: 'claude-sonnet-5-5', api_base: `${simulator.urls.anthropic}${path}`, api_key: 'k' };

    expect(await asked(params)).toMatchObject({ provider: 'anthropic', path: endpoint });
  });

  test.each(['', '/openai/v1', '/openai/v1/'])('Groq with the path %j', async (path) => {
    const params = { model: 'groq/llama-3.3-70b-versatile', api_base: `${simulator.urls.groq}${path}`, api_key: 'k' };

    expect(await asked(params)).toMatchObject({ model: 'groq/llama-3.3-70b-versatile', path: '/openai/v1/chat/completions' });
  });

  test("a proxy's path before Groq's models is taken as it is", async () => {
    const params = { model: 'groq/llama-3.3-70b-versatile', api_base: simulator.urls.openai, api_key: 'k' };

    expect(await asked(params)).toMatchObject({ model: 'groq/llama-3.3-70b-versatile', path: '/v1/chat/completions' });
  });

  test('Ollama, whose key is a bearer token', async () => {
    const params = {
      model: 'ollama/mistral',
      api_base: `${simulator.urls.ollama}/`,
      api_key: 'k',
      num_ctx: 4_096,
      keep_alive: '10m',
    };

    expect(await asked(params)).toMatchObject({ model: 'ollama/mistral', path: '/api/chat', authorization: 'Bearer k' });
  });

  test('OpenRouter, by its own variable', async () => {
    const env = { OPENROUTER_API_BASE: simulator.urls.openai, OPENROUTER_API_KEY: 'or-key', OPENAI_API_KEY: 'sk-env' };

    expect(await asked({ model: 'openrouter/meta-llama/llama-3.3-70b-instruct' }, env)).toMatchObject({
      model: 'openrouter/meta-llama/llama-3.3-70b-instruct',
      authorization: 'Bearer or-key',
    });
  });

  test.each(['', '/openai/v1'])('Azure with the path %j, at the API that needs no date', async (path) => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization}`);
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const api_base = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

    const model = modelOf({ model: 'azure/my-gpt', api_base, api_key: 'k', api_version: '2024-10-21' });

    await expect(model({ messages })).rejects.toMatchObject({ code: 'not_found', model: 'azure/my-gpt' });
    expect(seen).toEqual(['/openai/v1/chat/completions Bearer k']);
    server.close();
  });

  test('headers of the file', async () => {
    const params = {
      model: 'openai/m',
      api_base: simulator.urls.openai,
      headers: { 'x-team': 'a' },
      extra_headers: { 'x-more': 'b' },
    };

    expect((await asked(params)).headers).toMatchObject({ 'x-team': 'a', 'x-more': 'b' });
  });
});

describe('a backend that lacks a variable', () => {
  test('is never asked, and says which', async () => {
    const model = modelOf({ model: 'gpt-4' });

    await expect(model({ messages })).rejects.toMatchObject({
      code: 'not_configured',
      model: 'openai/gpt-4',
      reason: 'the variable OPENAI_API_KEY is not set',
    } satisfies Partial<ModelError>);
    expect(model.notConfigured?.()).toBe('the variable OPENAI_API_KEY is not set');
    expect(simulator.requests).toHaveLength(0);
  });

  test('is named even when the missing variable is the name of its model', () => {
    expect(modelOf({ model: 'os.environ/MODEL' }, {}, 'MODEL').id).toBe('os.environ/MODEL');
  });
});

test.each([
  [
    { model: 'hosted_vllm/m' },
    'api_base',
    'is missing, and hosted_vllm has no address that everyone knows; it must be a URL, as may be the variable HOSTED_VLLM_API_BASE',
  ],
  [{ model: 'openai/m', api_base: 'localhost:8000' }, 'api_base', 'is no URL'],
  [{ model: 'ollama/m', api_base: 'http://' }, 'api_base', 'is no URL'],
  [{ model: 'openai/m', api_base: 'http://user:hunter2@localhost:8000/v1' }, 'api_base', 'has a password in it'],
  [
    { model: 'claude-x', api_version: 'v1', api_key: 'k' },
    'api_version',
    "is none of Anthropic's; it must be 2023-06-01 or 2026-10-21",
  ],
])('%j is objected to', (params, key, words) => {
  const { objection } = backendOf(params, undefined, {});

  expect(objection).toMatchObject({ key, sentence: expect.stringContaining(words) });
});
