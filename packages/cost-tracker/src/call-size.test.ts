import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sizeOfBody, sizeOfRequest } from './call-size.ts';

const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });

test('the bound is never below the bytes of what is said, in whatever script', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      const { inputTokens } = sizeOfRequest({ messages: texts.map((content) => ({ role: 'user', content })) });

      expect(inputTokens).toBeGreaterThan(Buffer.byteLength(texts.join('')));
    }),
  );
});

test('tools and the shape of the answer are part of the input', () => {
  const tool = {
    name: 'search',
    description: 'Looks things up.',
    parameters: { type: 'object', properties: { type: { type: 'image' } } },
  };
  const plain = sizeOfRequest(user('Hello')).inputTokens!;

  expect(sizeOfRequest({ ...user('Hello'), tools: [tool] }).inputTokens).toBeGreaterThan(plain + JSON.stringify(tool).length);
  expect(sizeOfRequest({ ...user('Hello'), outputSchema: { name: 'x', schema: tool.parameters } }).inputTokens).toBeGreaterThan(
    plain,
  );
});

test.each(['image', 'audio', 'file'])('an %s has no bound', (type) => {
  expect(
    sizeOfRequest(
      user([
        { type: 'text', text: 'Look:' },
        { type, url: 'https://example.com/x' },
      ]),
    ).inputTokens,
  ).toBeNull();
});

test.each<[string, Record<string, unknown>]>([
  ['an image', user([{ type: 'image_url', image_url: { url: 'data:' } }])],
  ['an image for Ollama', { messages: [{ role: 'user', content: 'What is it?', images: ['AAAA'] }] }],
  ['an input that stays on the server', { input: 'Go on.', previous_response_id: 'resp_1' }],
  ['a stored prompt', { prompt: { id: 'pmpt_1' } }],
  ['a tool of the provider', { input: 'News?', tools: [{ type: 'web_search' }] }],
  ['spoken answers', { ...user('Say it.'), modalities: ['text', 'audio'] }],
])('%s has no bound', (_, body) => {
  expect(sizeOfBody('responses', body).inputTokens).toBeNull();
});

test.each<[Record<string, unknown>, number | undefined]>([
  [{ max_tokens: 100 }, 100],
  [{ max_completion_tokens: 100, max_tokens: 5_000 }, 100],
  [{ max_output_tokens: 100 }, 100],
  [{ options: { num_predict: 100 } }, 100],
  [{ options: { num_predict: -1 } }, undefined],
  [{ max_tokens: 100, n: 3 }, 300],
  [{ max_tokens: '100' }, undefined],
  [{}, undefined],
])('%j bounds the output by %s', (body, outputTokens) => {
  expect(sizeOfBody('chat.completions', body).outputTokens).toBe(outputTokens);
});

test('embeddings write nothing', () => {
  expect(sizeOfBody('embeddings', { input: ['a', 'b'], model: 'm' }).outputTokens).toBe(0);
});

test('what only one provider is sent counts as well', () => {
  const size = sizeOfRequest({
    ...user('Hello'),
    settings: { maxOutputTokens: 50, serviceTier: 'priority' },
    providerOptions: { openai: { n: 2, max_tokens: 70 } },
  });

  expect(size).toMatchObject({ outputTokens: 280, answers: 2, terms: { serviceTier: 'priority' } });
  expect(sizeOfRequest({ ...user('Hello'), providerOptions: { openai: { web_search_options: {} } } }).inputTokens).toBeNull();
});

test('a request that is relayed as it is has the size of its body', () => {
  const body = { ...user([{ type: 'text', text: 'x'.repeat(1_000) }]), max_tokens: 7 };

  const size = sizeOfRequest({ messages: [], wire: { api: 'chat.completions', body } });

  expect(size.outputTokens).toBe(7);
  expect(size.inputTokens).toBeGreaterThan(1_000);
});
