import { startSimulator } from '@rolecall/simulator';
import { Groq } from 'groq-sdk';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { adapterCases } from '../testing.ts';
import { groq } from './groq.ts';

const simulator = await startSimulator();
const baseURL = simulator.urls.groq;
const liveKey = process.env['ROLECALL_LIVE'] === '1' ? process.env['GROQ_API_KEY'] : undefined;
const go = { messages: [{ role: 'user', content: 'Go.' }] } as const;

beforeEach(() => {
  for (const name of ['GROQ_API_KEY', 'GROQ_BASE_URL', 'GROQ_CUSTOM_HEADERS']) vi.stubEnv(name, undefined);
  simulator.reset();
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(() => simulator.close());

describe('the conformance suite', () => {
  describe('with a client of groq-sdk', () => {
    const cases = adapterCases({
      provider: 'groq',
      createModel: ({ apiKey }) => groq('llama-3.3-70b-versatile', { client: new Groq({ apiKey, baseURL }) }),
      backend: simulator,
      without: ['reasoning', 'structured_output'], // of this model
    });
    for (const { title, run } of cases) test(title, run);
  });

  describe('with a client made from the options', () => {
    const cases = adapterCases({
      provider: 'groq',
      createModel: ({ apiKey }) => groq('openai/gpt-oss-120b', { apiKey, baseURL }),
      createWithoutKey: () => groq('openai/gpt-oss-120b'),
      backend: simulator,
      wires: [{ api: 'chat.completions', body: { messages: [{ role: 'user', content: 'Go.' }] } }],
    });
    for (const { title, run } of cases) test(title, run);
  });
});

describe.skipIf(!liveKey)('Groq itself (needs ROLECALL_LIVE=1 and GROQ_API_KEY)', () => {
  const patienceMs = 60_000;
  const cases = adapterCases({
    provider: 'groq',
    createModel: () => groq('openai/gpt-oss-20b', { apiKey: liveKey }),
    patienceMs,
  });
  for (const { title, run } of cases) test(title, run, patienceMs);
});

const bodySeen = () => simulator.requests.at(-1)?.body;

test("takes usage from Groq's own field, and does not ask for it", async () => {
  const { usage } = await groq('llama-3.1-8b-instant', { apiKey: 'gsk_x', baseURL })({ ...go, onDelta() {} });

  expect(usage.inputTokens).toBeGreaterThan(0);
  expect(usage.outputTokens).toBeGreaterThan(0);
  expect(bodySeen()).not.toHaveProperty('stream_options');
});

test('names the settings that no model of Groq has', async () => {
  const settings = { temperature: 0.3, topK: 3, frequencyPenalty: 1, presencePenalty: 1, reasoningEffort: 'minimal' } as const;

  const { metadata } = await groq('openai/gpt-oss-20b', { apiKey: 'gsk_x', baseURL })({ ...go, settings });

  expect(metadata?.ignoredSettings).toEqual(['topK', 'frequencyPenalty', 'presencePenalty', 'reasoningEffort']);
});

test('has models that think keep it out of their text, where they need telling', async () => {
  const settings = { reasoningEffort: 'low' } as const;

  await groq('qwen/qwen3.8-27b', { apiKey: 'gsk_x', baseURL })({ ...go, settings });
  const qwen = bodySeen();
  await groq('openai/gpt-oss-20b', { apiKey: 'gsk_x', baseURL })({ ...go, settings });
  const oss = bodySeen();
  await groq('qwen/qwen3.8-27b', { apiKey: 'gsk_x', baseURL })(go);
  const unasked = bodySeen();

  expect(qwen).toMatchObject({ reasoning_format: 'parsed', reasoning_effort: 'low' });
  expect(oss).not.toHaveProperty('reasoning_format');
  expect(unasked).not.toHaveProperty('reasoning_format');
});

test('refuses audio by name, as Groq takes none in a chat', async () => {
  const content = [{ type: 'audio', base64: 'AAAA', mediaType: 'audio/wav' }] as const;

  const failure = groq('openai/gpt-oss-20b', { apiKey: 'gsk_x', baseURL })({ messages: [{ role: 'user', content }] });

  await expect(failure).rejects.toMatchObject({
    code: 'invalid_request',
    reason: 'groq takes no audio part here',
    possiblyBilled: false,
  });
  expect(simulator.requests).toHaveLength(0);
});

test("keeps the environment's key from a host that only the code names", async () => {
  vi.stubEnv('GROQ_API_KEY', 'gsk_from-the-environment');

  await groq('openai/gpt-oss-20b', { baseURL })(go);
  const byCode = simulator.requests.at(-1)?.headers['authorization'];
  vi.stubEnv('GROQ_BASE_URL', baseURL);
  await groq('openai/gpt-oss-20b')(go);
  const byEnvironment = simulator.requests.at(-1)?.headers['authorization'];

  expect(byCode).toBe('Bearer not-needed');
  expect(byEnvironment).toBe('Bearer gsk_from-the-environment');
});

test('an id that is none is refused when the model is made', () => {
  expect(() => groq('')).toThrow(new TypeError('The model id is "": expected the model\'s name at groq.'));
});
