import { expect, test } from 'vitest';
import { servedModel } from './providers.ts';

test.each([
  ['gpt-4', 'openai', 'gpt-4'],
  ['gpt-4o-mini', 'openai', 'gpt-4o-mini'],
  ['o1', 'openai', 'o1'],
  ['o3-mini', 'openai', 'o3-mini'],
  ['chatgpt-4o-latest', 'openai', 'chatgpt-4o-latest'],
  ['text-embedding-3-small', 'openai', 'text-embedding-3-small'],
  ['claude-3-5-sonnet-20241022', 'anthropic', 'claude-3-5-sonnet-20241022'],
  ['openai/gpt-4', 'openai', 'gpt-4'],
  ['groq/llama-3.1-70b-versatile', 'groq', 'llama-3.1-70b-versatile'],
  ['groq/openai/gpt-oss-120b', 'groq', 'openai/gpt-oss-120b'],
  ['ollama/mistral', 'ollama', 'mistral'],
  ['ollama_chat/llama3.2:3b', 'ollama_chat', 'llama3.2:3b'],
  ['openrouter/meta-llama/llama-3.3-70b-instruct', 'openrouter', 'meta-llama/llama-3.3-70b-instruct'],
  ['hosted_vllm/mistral-7b', 'hosted_vllm', 'mistral-7b'],
])('%s is served by %s as %s', (model, prefix, id) => {
  expect(servedModel(model)).toMatchObject({ prefix, id });
});

test('custom_llm_provider says who serves a model whose name does not', () => {
  expect(servedModel('meta-llama/Llama-3-8b', 'openai')).toMatchObject({ prefix: 'openai', id: 'meta-llama/Llama-3-8b' });
  expect(servedModel('openai/gpt-4', 'openai')).toMatchObject({ id: 'gpt-4' });
});

test.each([
  ['mistral', 'does not say who serves it'],
  ['olama/mistral', 'Did you mean "ollama"?'],
  ['bedrock/claude', 'is of no provider known here; the providers are openai, anthropic, groq, ollama'],
  ['openai/', 'names a provider and no model'],
  ['text-embedding-004', 'does not say who serves it'], // Google's
  ['oasis', 'does not say who serves it'],
])('of %s it is said that it %s', (model, words) => {
  expect(servedModel(model)).toContain(words);
});
