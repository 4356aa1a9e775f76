import { startSimulator } from '@rolecall/simulator';
import { OpenAI as OpenAI7 } from 'openai';
import { OpenAI as OpenAI6 } from 'openai-6';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { adapterCases } from '../testing.ts';
import { openai, type OpenAIClient, type OpenAIOptions } from './openai.ts';

const simulator = await startSimulator();
const baseURL = simulator.urls.openai;
const idOf = (options: OpenAIOptions) => openai('m', options).id;
const headersSeen = () => simulator.requests.at(-1)?.headers ?? {};
const liveKey = process.env['ROLECALL_LIVE'] === '1' ? process.env['OPENAI_API_KEY'] : undefined;
const go = { messages: [{ role: 'user', content: 'Go.' }] } as const;

beforeEach(() => {
  for (const name of ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_CUSTOM_HEADERS', 'OPENAI_ORG_ID']) vi.stubEnv(name, undefined);
  simulator.reset();
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(() => simulator.close());

describe('the conformance suite', () => {
  const clients: Record<string, (apiKey: string) => OpenAIClient> = {
    'openai 7': (apiKey) => new OpenAI7({ apiKey, baseURL }), // its own retries are on: the adapter must not use them
    'openai 6': (apiKey) => new OpenAI6({ apiKey, baseURL }),
  };

  describe.each(Object.entries(clients))('with a client of %s', (_, connect) => {
    const cases = adapterCases({
      provider: 'openai',
      createModel: ({ apiKey }) => openai('gpt-4o', { client: connect(apiKey), provider: 'openai' }),
      backend: simulator,
      without: ['reasoning'],
    });
    for (const { title, run } of cases) test(title, run);
  });

  describe('with a client made from the options', () => {
    const cases = adapterCases({
      provider: 'openai',
      createModel: ({ apiKey }) => openai('gpt-4o', { apiKey, baseURL, provider: 'openai' }),
      createWithoutKey: () => openai('gpt-4o'),
      backend: simulator,
      without: ['reasoning'],
      wires: [
        { api: 'chat.completions', body: { messages: [{ role: 'user', content: 'Go.' }] } },
        { api: 'responses', body: { input: 'Go.' } },
      ],
    });
    for (const { title, run } of cases) test(title, run);
  });
});

describe.skipIf(!liveKey)('OpenAI itself (needs ROLECALL_LIVE=1 and OPENAI_API_KEY)', () => {
  const patienceMs = 60_000;
  const cases = adapterCases({ provider: 'openai', createModel: () => openai('gpt-5-mini', { apiKey: liveKey }), patienceMs });
  for (const { title, run } of cases) test(title, run, patienceMs);
});

describe('whose model it is', () => {
  test("is OpenAI's at its own host", () => {
    expect(idOf({})).toBe('openai/m');
    expect(idOf({ baseURL: 'https://eu.api.openai.com/v1' })).toBe('openai/m');
  });

  test("is not OpenAI's anywhere else: a foreign server never takes its prices", () => {
    expect(idOf({ baseURL: 'https://openrouter.ai/api/v1' })).toBe('openai-compatible/m');
    expect(idOf({ client: new OpenAI7({ apiKey: 'k', baseURL: 'https://openrouter.ai/api/v1' }) })).toBe('openai-compatible/m');
    vi.stubEnv('OPENAI_BASE_URL', 'https://openrouter.ai/api/v1');
    expect(idOf({})).toBe('openai-compatible/m');
  });

  test('is whose the caller says', () => {
    expect(idOf({ baseURL, provider: 'vllm' })).toBe('vllm/m');
    expect(idOf({ baseURL, provider: 'openai' })).toBe('openai/m');
  });

  test.each([
    [{ baseURL }, true],
    [{ baseURL, provider: 'vllm' }, true],
    [{ baseURL, local: false }, undefined],
    [{ baseURL, provider: 'openai' }, undefined], // it stands in for OpenAI, and is priced as it
    [{ baseURL, provider: 'openai', local: true }, true],
  ])('with %j: local is %s', async (options, local) => {
    const { metadata } = await openai('m', options)(go);

    expect(metadata?.local).toBe(local);
  });

  test.each<[string, () => unknown, string]>([
    ['an empty id', () => openai(''), 'id is ""'],
    ['a provider with a slash', () => openai('m', { provider: 'a/b' }), 'provider is "a/b"'],
    ['a base URL that is none', () => openai('m', { baseURL: 'localhost' }), 'baseURL (or OPENAI_BASE_URL) is "localhost"'],
  ])('%s is refused when the model is made', (_, make, words) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(words);
  });
});

describe('what a server is sent', () => {
  test('is nothing of the environment, when only the code names it', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-from-the-environment');
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'Authorization: Bearer sk-from-the-environment\nX-Team: blue');
    vi.stubEnv('OPENAI_ORG_ID', 'org-ours');

    await openai('m', { baseURL })(go);

    expect(headersSeen()).toMatchObject({ authorization: 'Bearer not-needed' });
    expect(JSON.stringify(headersSeen())).not.toMatch(/from-the-environment|blue|org-ours/);
  });

  test("is the environment's key, where the environment leads", async () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-from-the-environment');
    vi.stubEnv('OPENAI_BASE_URL', baseURL);

    await openai('m')(go);

    expect(headersSeen()).toMatchObject({ authorization: 'Bearer sk-from-the-environment' });
  });

  test('is the key and the headers that were passed', async () => {
    const headers = { 'x-title': 'Blog crew' };

    await openai('m', { baseURL, apiKey: 'sk-passed', headers })(go);
    const built = headersSeen();
    await openai('m', { client: new OpenAI7({ apiKey: 'sk-own', baseURL }), headers })(go);
    const own = headersSeen();

    expect(built).toMatchObject({ authorization: 'Bearer sk-passed', 'x-title': 'Blog crew' });
    expect(own).toMatchObject({ authorization: 'Bearer sk-own', 'x-title': 'Blog crew' });
  });

  test.each([
    ['openai', { max_completion_tokens: 50 }, ['topK']],
    ['vllm', { max_tokens: 50, top_k: 3 }, undefined],
  ])('by the name of %s is settings in its words', async (provider, words, ignored) => {
    const { metadata } = await openai('m', { baseURL, provider })({ ...go, settings: { maxOutputTokens: 50, topK: 3 } });

    expect(simulator.requests.at(-1)?.body).toMatchObject(words);
    expect(metadata?.ignoredSettings).toEqual(ignored);
  });

  test('is the question for usage, unless told otherwise', async () => {
    await openai('m', { baseURL })({ ...go, onDelta() {} });
    const asked = simulator.requests.at(-1)?.body;
    await openai('m', { baseURL, includeUsage: false })({ ...go, onDelta() {} });
    const unasked = simulator.requests.at(-1)?.body;

    expect(asked).toHaveProperty('stream_options');
    expect(unasked).not.toHaveProperty('stream_options');
  });
});

test('a client that could not be made is made anew at the next call', async () => {
  const model = openai('gpt-4o');
  const failure = await model(go).catch((error: unknown) => error);
  vi.stubEnv('OPENAI_API_KEY', 'sk-late');
  const aborted = await model({ ...go, signal: AbortSignal.abort() }).catch((error: unknown) => error);

  expect(failure).toMatchObject({ code: 'not_configured', reason: 'set OPENAI_API_KEY or pass { apiKey }' });
  expect(aborted).toMatchObject({ code: 'aborted' });
});

test('a simulator can be marked as one, even where nothing answers', async () => {
  await simulator.takeDown('openai');

  const failure = await openai('m', { baseURL, simulated: true })(go).catch((error: unknown) => error);
  await simulator.bringUp('openai');

  expect(failure).toMatchObject({ code: 'network', simulated: true, local: true });
});
