import type { Message } from '@rolecall/core';
import { expect, test } from 'vitest';
import { estimateTokens } from './estimate-tokens.ts';

const user = (content: Message['content']): Message => ({ role: 'user', content });

const picture = (base64: string): Message => user([{ type: 'image', base64, mediaType: 'image/png' }]);

test('a quarter of the bytes in UTF-8, and four for each message', () => {
  expect(estimateTokens({ messages: [user('a'.repeat(400))] })).toBe(104);
  expect(estimateTokens({ messages: [user('語'.repeat(400))] })).toBe(304);
  expect(estimateTokens({ messages: [user('abc'), user('abc')] })).toBe(10);
});

test('tools, their calls and the output schema count', () => {
  const messages = [user('hi')];
  const plain = estimateTokens({ messages });
  const tools = [{ name: 'search', description: 'x'.repeat(400), parameters: {} }];
  const called: Message = {
    role: 'assistant',
    content: '',
    toolCalls: [{ id: '1', name: 'search', arguments: 'x'.repeat(400) }],
  };

  expect(estimateTokens({ messages, tools })).toBeGreaterThan(plain + 100);
  expect(estimateTokens({ messages: [...messages, called] })).toBeGreaterThan(plain + 100);
  expect(estimateTokens({ messages, outputSchema: { name: 'x', schema: { description: 'x'.repeat(400) } } })).toBeGreaterThan(
    plain + 100,
  );
});

test('a picture counts the same whatever its bytes', () => {
  expect(estimateTokens({ messages: [picture('x'.repeat(4_000_000))] })).toBe(estimateTokens({ messages: [picture('x')] }));
});

test('without messages the body on the wire counts', () => {
  const wire = { api: 'embeddings', body: { input: 'x'.repeat(400) } };

  expect(estimateTokens({ messages: [], wire })).toBeGreaterThan(100);
});
