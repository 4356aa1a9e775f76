/** What the adapters say of themselves, for the router they stand in. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Backend } from '../backend.ts';
import { anthropic } from './anthropic.ts';
import { groq } from './groq.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';

beforeEach(() => {
  for (const name of ['OPENAI', 'ANTHROPIC', 'GROQ']) {
    vi.stubEnv(`${name}_API_KEY`, undefined);
    vi.stubEnv(`${name}_BASE_URL`, undefined);
  }
});
afterEach(() => void vi.unstubAllEnvs());

const asked = (): never => {
  throw new Error('it was asked');
};
const client = { messages: { create: asked }, chat: Object.assign(asked, { completions: { create: asked } }) } as never;

test.each([
  [anthropic('claude-sonnet-4-5-20250929'), true],
  [anthropic('claude-3-5-haiku-latest'), true],
  [anthropic('claude-opus-4-6'), undefined],
  [anthropic('claude-sonnet-5'), undefined],
  [anthropic('my-own'), undefined],
  [groq('llama-3.3-70b-versatile'), true],
  [groq('openai/gpt-oss-120b'), undefined],
  [ollama('mistral'), true],
  [ollama('llama3.2:1b'), true],
  [ollama('qwen3'), undefined],
  [ollama('deepseek-r1'), undefined],
  [ollama('mistral-large:cloud'), undefined],
  [openai('gpt-4o'), undefined],
  [openai('m', { baseURL: 'http://localhost:8080/v1', acceptsPrefill: true }), true],
])('%o accepts a prefill: %s', (model, accepts) => {
  expect((model as Backend).acceptsPrefill).toBe(accepts);
});

describe('without a key', () => {
  const make: Record<string, (options: object) => Backend> = {
    OPENAI: (options) => openai('m', options),
    ANTHROPIC: (options) => anthropic('m', options),
    GROQ: (options) => groq('m', options),
  };

  test.each(Object.entries(make))('%s says what to set, as long as it is not set', (name, model) => {
    const bare = model({});

    expect(bare.notConfigured?.()).toBe(`set ${name}_API_KEY or pass { apiKey }`);
    vi.stubEnv(`${name}_API_KEY`, 'sk-late');
    expect(bare.notConfigured?.()).toBeUndefined();
  });

  test.each(Object.entries(make))('%s has nothing to say with a key, a client, or a server that may need none', (_, model) => {
    for (const options of [{ apiKey: 'k' }, { client }, { baseURL: 'http://localhost:1' }]) {
      expect(model(options).notConfigured?.()).toBeUndefined();
    }
  });
});

describe('a mistake in the options never prints what it holds', () => {
  const misplaced = { apiKey: 'sk-do-not-tell-0123456789' };

  test.each<[string, () => unknown]>([
    ['openai', () => openai(misplaced as never)],
    ['groq', () => groq(misplaced as never)],
    ['anthropic', () => anthropic(misplaced as never)],
    ['ollama', () => ollama(misplaced as never)],
    ['a provider', () => openai('m', { provider: misplaced as never })],
    ['maxOutputTokens', () => anthropic('m', { maxOutputTokens: misplaced as never })],
    ['contextTokens', () => ollama('m', { contextTokens: misplaced as never })],
    ['baseURL', () => openai('m', { baseURL: misplaced as never })],
    ['host', () => ollama('m', { host: misplaced as never })],
    ['a base URL with a password', () => groq('m', { baseURL: 'user:sk-do-not-tell-0123456789@localhost' })],
  ])('%s', (_, mistake) => {
    expect(mistake).toThrow(TypeError);
    expect(mistake).not.toThrow(/do-not-tell/);
  });
});
