import type { Model } from '@rolecall/core';
import { expect, test } from 'vitest';
import { createRouter } from './router.ts';

const answering: Model = async () => ({ model: 'a/b', text: 'hi', toolCalls: [], finishReason: 'stop', usage: {} });
const request = { messages: [{ role: 'user', content: 'Hello' }] } as const;

test('an alias is the model it stands for', async () => {
  const router = createRouter({ models: { fast: answering }, aliases: { quick: 'fast' } });

  const { attempts } = await router({ ...request, model: 'quick' });

  expect(attempts).toMatchObject([{ name: 'fast', deployment: 'fast' }]);
  expect(router.check({ model: 'quick' })).toBeUndefined();
  expect(router.explain({ model: 'quick' }).chain).toMatchObject([{ name: 'fast' }]);
});

test.each([
  [
    'of a model that is not there',
    { quick: 'slow' },
    'createRouter: aliases.quick: There is no model named "slow"; there are: fast',
  ],
  [
    'that is the name of a model',
    { fast: 'fast' },
    'createRouter: aliases.fast is "fast"; it must be left out: a model or a deployment has that name.',
  ],
])('one %s is a TypeError', (_, aliases: Record<string, string>, message) => {
  const models: Record<string, Model> = { fast: answering };

  expect(() => createRouter({ models, aliases })).toThrow(message);
});
