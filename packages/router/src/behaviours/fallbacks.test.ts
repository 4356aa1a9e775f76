/** Behaviours 40 to 48: who stands in for whom, what the caller hears of it, and names that are not there. */
import { inspect } from 'node:util';
import type { Attempt } from '@rolecall/core';
import { type ProviderName, startSimulator } from '@rolecall/simulator';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { parseConfig } from '../config.ts';
import { anthropic } from '../adapters/anthropic.ts';
import { groq } from '../adapters/groq.ts';
import { ollama } from '../adapters/ollama.ts';
import { openai } from '../adapters/openai.ts';
import type { ModelError, RouteError } from '../errors.ts';
import { createRouter, type Router } from '../router.ts';

const simulator = await startSimulator();
const { urls } = simulator;
const messages = [{ role: 'user', content: 'Go.' }] as const;
const apiKey = 'sk-test-0123456789-do-not-tell';
const gpt = openai('gpt-4o', { apiKey, baseURL: urls.openai });
const claude = anthropic('claude-sonnet-5-5', { apiKey, baseURL: urls.anthropic });
const llama = groq('llama-3.3-70b-versatile', { apiKey, baseURL: urls.groq });
const mistral = ollama('mistral', { host: urls.ollama });
const models = { gpt, claude, llama, mistral };
const off = { retry: false, cooldown: false } as const;

vi.setConfig({ testTimeout: 60_000 }); // a busy machine
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

/** The providers that were asked, in order. */
const asked = (): readonly string[] =>
  simulator.requests.filter(({ method }) => method === 'POST').map(({ provider }) => provider);
const down = (...providers: ProviderName[]): void => {
  for (const provider of providers) simulator.fault({ provider, kind: 'status', status: 500, times: Infinity });
};
const names = ({ attempts = [] }: { readonly attempts?: readonly Attempt[] | undefined }): readonly unknown[] =>
  attempts.map(({ name }) => name);
const failure = (router: Router, request: object = {}): Promise<RouteError | ModelError> =>
  router({ messages, ...request }).then(
    ({ text }) => expect.unreachable(`it answered: ${text}`),
    (error: RouteError | ModelError) => error,
  );

const entry = (name: string, model: string, base: string): string =>
  `  - { model_name: ${name}, litellm_params: { model: ${model}, api_key: ${apiKey}, api_base: "${base}" } }`;

/** The four as a LiteLLM file, with this below. */
function config(below: string): string {
  return [
    'model_list:',
    entry('gpt', 'openai/gpt-4o', urls.openai),
    entry('claude', 'anthropic/claude-sonnet-5-5', urls.anthropic),
    entry('llama', 'groq/llama-3.3-70b-versatile', urls.groq),
    entry('mistral', 'ollama/mistral', urls.ollama),
    below,
  ].join('\n');
}
const fromConfig = (below: string): Router => createRouter({ ...parseConfig(config(below), { env: {} }).options, ...off });

/** Who is asked for a model when only Ollama works. */
async function chainOf(router: Router, model: string): Promise<readonly string[]> {
  simulator.reset();
  down('openai', 'anthropic', 'groq');
  await router({ model, messages }).catch(() => undefined);
  return asked();
}

test('40. a list of one’s own beats the one for all, and default_fallbacks apply only when nothing else does', async () => {
  const withBoth = fromConfig(`
litellm_settings:
  fallbacks: [{ gpt: [claude] }, { "*": [llama] }]
  default_fallbacks: [mistral]`);
  const withDefaults = fromConfig(`
litellm_settings:
  fallbacks: [{ gpt: [claude] }]
  default_fallbacks: [mistral]`);

  expect(await chainOf(withBoth, 'gpt')).toEqual(['openai', 'anthropic']);
  expect(await chainOf(withBoth, 'claude')).toEqual(['anthropic', 'groq']);
  expect(await chainOf(withDefaults, 'gpt')).toEqual(['openai', 'anthropic']);
  expect(await chainOf(withDefaults, 'claude')).toEqual(['anthropic', 'ollama']);
});

test('41. fallbacks are tried in order, and the answer tells of none, one and three of them', async () => {
  const router = createRouter({ models, fallbacks: { gpt: ['claude', 'llama', 'mistral'] }, ...off });
  const stepsWhenDown = async (...providers: ProviderName[]): Promise<readonly unknown[]> => {
    simulator.reset();
    down(...providers);
    const steps = names(await router({ model: 'gpt', messages }));
    expect(asked()).toHaveLength(steps.length);
    return steps;
  };

  expect(await stepsWhenDown()).toEqual(['gpt']);
  expect(await stepsWhenDown('openai')).toEqual(['gpt', 'claude']);
  expect(await stepsWhenDown('openai', 'anthropic', 'groq')).toEqual(['gpt', 'claude', 'llama', 'mistral']);
  expect(asked()).toEqual(['openai', 'anthropic', 'groq', 'ollama']);
});

test('42. a chain that points back at itself ends, and asks nobody twice', async () => {
  down('openai', 'anthropic', 'groq', 'ollama');
  const fallbacks = {
    gpt: ['claude', 'llama'],
    claude: ['gpt', 'llama'],
    llama: ['claude', 'mistral', 'gpt'],
    mistral: ['gpt'],
  } as const;
  const router = createRouter({ models, fallbacks, ...off });

  const error = await failure(router, { model: 'gpt' });

  expect(asked()).toEqual(['openai', 'anthropic', 'groq', 'ollama']);
  expect(names(error)).toEqual(['gpt', 'claude', 'llama', 'mistral']);
});

test('43. when all fail, status and kind are those of the first error', async () => {
  simulator.fault({ provider: 'openai', kind: 'status', status: 401 });
  simulator.fault({ provider: 'anthropic', kind: 'status', status: 529 });
  simulator.fault({ provider: 'groq', kind: 'status', status: 429 });
  const router = createRouter({ models, roles: { default: ['gpt', 'claude', 'llama'] }, ...off });

  const error = await failure(router);

  expect(error).toMatchObject({ name: 'RouteError', code: 'auth', status: 401 });
  expect((error as RouteError).errors.map(({ code, status }) => [code, status])).toEqual([
    ['auth', 401],
    ['overloaded', 529],
    ['rate_limited', 429],
  ]);
});

test('44. a prompt that is too long goes only along its own list when there is one, and so does filtered content', async () => {
  const fallbacks = { gpt: ['claude'], llama: ['claude'] } as const;
  const router = createRouter({
    models,
    fallbacks,
    contextWindowFallbacks: { gpt: ['llama'] },
    contentPolicyFallbacks: { gpt: ['mistral'] },
    ...off,
  });
  const chain = async (kind: 'context_length' | 'content_filter', model: 'gpt' | 'llama', on: Router = router) => {
    simulator.reset();
    simulator.fault({ kind });
    const outcome = await on({ model, messages }).catch((error: RouteError) => error.code);
    return [...asked(), ...(typeof outcome === 'string' ? [outcome] : [])];
  };

  expect(await chain('context_length', 'gpt')).toEqual(['openai', 'groq']);
  expect(await chain('content_filter', 'gpt')).toEqual(['openai', 'ollama']);
  expect(await chain('context_length', 'llama')).toEqual(['groq', 'context_too_long']);
  expect(await chain('context_length', 'gpt', createRouter({ models, fallbacks, ...off }))).toEqual(['openai', 'anthropic']);
});

test('45. a request that wants no fallbacks gets none, even where there are defaults', async () => {
  down('openai');
  const router = createRouter({
    models,
    fallbacks: { gpt: ['claude'], '*': ['llama'] },
    roles: { writer: ['gpt', 'mistral'] },
    ...off,
  });

  expect(await failure(router, { model: 'gpt', fallbacks: false })).toMatchObject({ code: 'overloaded', status: 500 });
  expect(await failure(router, { role: 'writer', fallbacks: false })).toMatchObject({ code: 'overloaded', status: 500 });

  expect(asked()).toEqual(['openai', 'openai']);
});

test('46. a request’s own fallbacks replace the configured ones, for that request only, and may name a single deployment', async () => {
  down('openai', 'groq');
  const pair = [
    { id: 'eu', model: claude },
    { id: 'us', model: llama },
  ] as const;
  const router = createRouter({ models: { gpt, pair, mistral }, fallbacks: { gpt: ['mistral'] }, ...off });
  const chain = async (fallbacks?: readonly string[]): Promise<readonly string[]> => {
    const before = asked().length;
    await router({ model: 'gpt', messages, fallbacks });
    return asked().slice(before);
  };

  expect(await chain(['eu'])).toEqual(['openai', 'anthropic']);
  expect(await chain(['us', 'eu', 'mistral'])).toEqual(['openai', 'groq', 'anthropic']);
  expect(await chain()).toEqual(['openai', 'ollama']);
});

test('47. both shapes of fallbacks give the same in all three places, and a malformed item stops the start and is named', async () => {
  for (const shape of ['{ gpt: [llama, mistral] }', '{ model: gpt, fallback_models: [llama, mistral] }']) {
    for (const place of ['', 'router_settings:\n  ', 'litellm_settings:\n  ']) {
      simulator.reset();
      down('openai', 'groq');
      const response = await fromConfig(`${place}fallbacks: [${shape}]`)({ model: 'gpt', messages });

      expect(response.model).toBe('ollama/mistral');
      expect(asked()).toEqual(['openai', 'groq', 'ollama']);
    }
  }
  for (const item of ['[gpt, claude]', '{ gpt: [claude], llama: [claude] }', '{ gpt: claude }', 'gpt']) {
    expect(() => fromConfig(`router_settings:\n  fallbacks: [{ claude: [gpt] }, ${item}]`)).toThrow(
      /fallbacks\[1\]|fallbacks\.1/,
    );
  }
});

test('48. an unknown model is named and nobody is asked, an alias works, and no key is ever shown whole', async () => {
  const router = createRouter({ models, aliases: { best: 'claude' }, ...off });

  const unknown = await failure(router, { model: 'gpt-5-typo' });
  expect(unknown).toMatchObject({ code: 'not_found' });
  expect(unknown.message).toContain('gpt-5-typo');
  expect(router.check({ model: 'gpt-5-typo' })).toContain('gpt-5-typo');
  expect(asked()).toEqual([]);

  expect(await router({ model: 'best', messages })).toMatchObject({ model: 'anthropic-compatible/claude-sonnet-5-5' });

  const told: unknown[] = [router.health(), router.explain({ model: 'gpt' })];
  simulator.fault({ kind: 'status', status: 401, times: 4 });
  for (const model of Object.keys(models)) told.push(await failure(router, { model }));
  for (const one of told) expect(inspect(one, { depth: 9 })).not.toContain(apiKey);

  simulator.fault({ kind: 'status', status: 401, message: `Incorrect API key provided: ${apiKey}.`, times: 4 });
  for (const model of Object.keys(models)) {
    const { message, stack, ...facts } = await failure(router, { model });
    expect(`${message} ${stack} ${JSON.stringify(facts)} ${JSON.stringify(router.health())}`).not.toContain(apiKey);
  }
});
