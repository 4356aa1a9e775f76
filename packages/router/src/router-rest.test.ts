import { expect, test } from 'vitest';
import { createRouter } from './router.ts';

const messages = [{ role: 'user', content: 'Hi' }] as const;
const named = (name: string) => () =>
  Promise.resolve({ model: `stub/${name}`, text: name, toolCalls: [], finishReason: 'stop' as const, usage: {} });
const routerOf = () =>
  createRouter({
    models: {
      a: [
        { id: 'one', model: named('one') },
        { id: 'two', model: named('two') },
      ],
    },
    roles: { default: 'a' },
  });

test('a deployment that another process found down is left alone until then', async () => {
  const router = routerOf();

  expect(router.rest('one', { until: Date.now() + 60_000, code: 'auth', status: 401 })).toBe(true);

  expect(router.health()[0]).toMatchObject({ id: 'one', state: 'open' });
  const texts = await Promise.all(Array.from({ length: 10 }, async () => (await router({ messages })).text));
  expect(new Set(texts)).toEqual(new Set(['two']));
});

test('a time that is over opens nothing, and a deployment that is not there is said to be so', () => {
  const router = routerOf();

  expect(router.rest('one', { until: Date.now() - 1, code: 'overloaded' })).toBe(true);
  expect(router.rest('three', { until: Date.now() + 60_000, code: 'overloaded' })).toBe(false);
  expect(router.health().map(({ state }) => state)).toEqual(['closed', 'closed']);
});
