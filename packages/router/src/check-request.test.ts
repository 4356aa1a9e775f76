import type { ModelRequest } from '@rolecall/core';
import { expect, test } from 'vitest';
import { openai } from './adapters/openai.ts';
import { createRouter } from './router.ts';

let asked = 0;
const fetch = (): never => {
  asked += 1;
  throw new Error('a request was sent');
};
const adapter = openai('gpt-4o', { apiKey: 'k', fetch });
const router = createRouter({ models: { a: adapter }, roles: { default: 'a' } });

test.each([
  [undefined, 'the request is undefined; it must be an object with messages'],
  [{ mesages: [] }, 'messages is undefined; it must be a list'],
  [{ messages: 'hi' }, 'messages is "hi"; it must be a list'],
  [
    {
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'usr', content: 'hi' },
      ],
    },
    'messages[1].role is "usr"; it must be system',
  ],
  [{ messages: [null] }, 'messages[0].role is undefined'],
  [{ messages: [{ role: 'user' }] }, 'messages[0].content is undefined; it must be a text, or a list of parts'],
  [{ messages: [{ role: 'user', content: { text: 'hi' } }] }, 'messages[0].content is an object; it must be a text'],
  [{ messages: [], fallbacks: 'gpt' }, 'fallbacks is "gpt"; it must be a list of named models, or false'],
  [{ messages: [], fallbacks: ['a', null] }, 'fallbacks[1] is null; it must be the name of a model'],
])('the request %o is refused before anybody is asked', async (request, message) => {
  for (const [owner, model] of [
    ['router', router],
    ['openai/gpt-4o', adapter],
  ] as const) {
    const thrown: unknown = await model(request as unknown as ModelRequest).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(TypeError);
    expect(String(thrown)).toContain(`${owner}: ${message}`);
  }
  expect(asked).toBe(0);
});

test('so is nothing at all by explain', () => {
  expect(() => router.explain(undefined as never)).toThrow('router.explain: the request is undefined');
});
