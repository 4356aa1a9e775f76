import { expect, test } from 'vitest';
import { anthropic } from './anthropic.ts';
import { groq } from './groq.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';

const adapters = { openai, groq, anthropic, ollama };
const names = Object.keys(adapters) as readonly (keyof typeof adapters)[];

test.each([
  [{ clint: {} }, 'has no option "clint"'],
  [{ client: {} }, 'client is an empty object; it must be a client with '],
  [{ headers: { 'x-team': 5 } }, 'headers is an object; it must be an object of strings'],
  [{ headers: { authorization: 'Bearer a\nb' } }, 'headers is an object; it must be an object of strings that headers can have'],
  [{ fetch: 'http' }, 'fetch is "http"; it must be a function'],
  [{ simulated: 'yes' }, 'simulated is "yes"; it must be true or false'],
])('the options %o are refused by each adapter where it is made', (options, message) => {
  for (const name of names) {
    const make = () => adapters[name]('a-model', options as never);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  }
});

test('an address with a password, which fetch refuses, is refused where the adapter is made, and not shown', () => {
  for (const adapter of [openai, groq, anthropic]) {
    const make = () => adapter('a-model', { baseURL: 'http://user:hunter2@10.0.0.1:8000/v1' });
    expect(make).toThrow(/baseURL is "http:\/\/\[redacted\]@10\.0\.0\.1:8000\/v1"; it must be a URL without a password/);
  }
});

test('what one of them alone has is checked too', () => {
  expect(() => openai('m', { baseUrl: 'http://x/v1' } as never)).toThrow('Did you mean "baseURL"');
  expect(() => openai('m', { apiKey: 5 } as never)).toThrow('openai: apiKey is 5; it must be a string');
  expect(() => openai('m', { provider: 'a/b' })).toThrow('openai: provider is "a/b"; it must be one word');
  expect(() => anthropic('m', { apiVersion: '2020' } as never)).toThrow('it must be 2023-06-01 or 2026-10-21');
  expect(() => ollama('m', { keepAlive: true } as never)).toThrow('ollama: keepAlive is true');
});
