import { assert, constantFrom, dictionary, infiniteStream, property, uniqueArray } from 'fast-check';
import { expect, test } from 'vitest';
import { parseConfig } from './parse-config.ts';

const names = ['a', 'b', 'c', 'd'];
const models = names.map((name) => ({ model_name: name, litellm_params: { model: `ollama/${name}` } }));
/** Every JSON text is a YAML text. */
const parse = (file: object) => parseConfig(JSON.stringify({ model_list: models, ...file }), { env: {} });
const messageOf = (file: object): string => {
  try {
    parse(file);
    return 'nothing was wrong';
  } catch (error) {
    return (error as Error).message;
  }
};

test('both shapes, in all three places, say the same', () => {
  const chains = dictionary(constantFrom(...names), uniqueArray(constantFrom(...names), { minLength: 1 }), {
    minKeys: 1,
  });
  const place = constantFrom('top', 'router_settings', 'litellm_settings');
  const shape = constantFrom('standard', 'ours');

  assert(
    property(chains, infiniteStream(place), infiniteStream(shape), (wanted, places, shapes) => {
      const items = Object.entries(wanted).map(([model, targets]) => {
        const item = shapes.next().value === 'standard' ? { [model]: targets } : { model, fallback_models: targets };
        return { where: places.next().value, item };
      });
      const at = (name: string) => items.filter(({ where }) => where === name).map(({ item }) => item);
      const split = parse({
        fallbacks: at('top'),
        router_settings: { fallbacks: at('router_settings') },
        litellm_settings: { fallbacks: at('litellm_settings') },
      });
      const plain = parse({ fallbacks: Object.entries(wanted).map(([model, targets]) => ({ [model]: targets })) });

      expect(split.options.fallbacks).toEqual(plain.options.fallbacks);
      const others = Object.entries(wanted).map(
        ([model, targets]) => [model, targets.filter((target) => target !== model)] as const,
      );
      expect(plain.options.fallbacks).toEqual(Object.fromEntries(others.filter(([, targets]) => targets.length > 0)));
    }),
  );
});

test('a single key is a model, even if it is the word "model"', () => {
  const { options } = parseConfig(
    JSON.stringify({
      model_list: [...models, { model_name: 'model', litellm_params: { model: 'ollama/x' } }],
      fallbacks: [{ model: ['a'] }],
    }),
  );

  expect(options.fallbacks).toEqual({ model: ['a'] });
});

test('default_fallbacks are the list "*", unless there is one', () => {
  const withStar = parse({ fallbacks: [{ a: ['b'] }, { '*': ['c'] }], litellm_settings: { default_fallbacks: ['d'] } });
  const withDefaults = parse({ router_settings: { fallbacks: [{ a: ['b'] }], default_fallbacks: ['d'] } });

  expect(withStar.options.fallbacks).toEqual({ a: ['b'], '*': ['c'] });
  expect(withDefaults.options.fallbacks).toEqual({ a: ['b'], '*': ['d'] });
});

test('the three kinds are kept apart', () => {
  const { options } = parse({
    fallbacks: [{ a: ['b'] }],
    router_settings: { context_window_fallbacks: [{ a: ['c'] }] },
    litellm_settings: { content_policy_fallbacks: [{ model: 'a', fallback_models: ['d'] }] },
  });

  expect(options).toMatchObject({
    fallbacks: { a: ['b'] },
    contextWindowFallbacks: { a: ['c'] },
    contentPolicyFallbacks: { a: ['d'] },
  });
});

test.each([
  ['not a map', ['a'], 'fallbacks[0] is "a"'],
  ['more keys than one', [{ a: ['b'], c: ['d'] }], 'fallbacks[0] has the keys a, c'],
  [
    'our shape with a key too many',
    [{ model: 'a', fallback_models: ['b'], timeout: 3 }],
    'fallbacks[0] has the keys model, fallback_models, timeout',
  ],
  ['half of our shape', [{ model: 'a' }], 'fallbacks[0] gives "model" "a" where a list of names must be'],
  ['nothing in it', [{}], 'fallbacks[0] is an empty map'],
  ['no target', [{ a: [] }], 'fallbacks[0].a is empty'],
  ['a target that is no name', [{ a: [{ model: 'b' }] }], 'fallbacks[0].a[0] is a map; it must be the name of a model'],
  ['a target that names no model', [{ a: ['bb'] }], 'fallbacks[0].a[0] is "bb", which names no model; there are: a, b, c, d.'],
  [
    'a group that names no model',
    [{ model: 'aa', fallback_models: ['b'] }],
    'fallbacks[0].model is "aa", which names no model; there are: a',
  ],
])('%s stops the start, and names the item and its place', (_, fallbacks, message) => {
  for (const place of [{ fallbacks }, { router_settings: { fallbacks } }, { litellm_settings: { fallbacks } }]) {
    expect(messageOf(place)).toContain(message);
    expect(messageOf(place)).toMatch(/^config:1:\d+: /);
  }
});

test('the same model twice stops the start, wherever the lists are', () => {
  const message = messageOf({
    fallbacks: [{ a: ['b'] }],
    litellm_settings: { fallbacks: [{ model: 'a', fallback_models: ['c'] }] },
  });

  expect(message).toContain('litellm_settings.fallbacks[0] is the second list for "a", after fallbacks[0] in line 1');
});

test('default_fallbacks given twice stop the start', () => {
  const message = messageOf({ default_fallbacks: ['a'], router_settings: { default_fallbacks: ['a'] } });

  expect(message).toContain('router_settings.default_fallbacks is given a second time');
});
