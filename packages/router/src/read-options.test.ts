import type { Model } from '@rolecall/core';
import { expect, test } from 'vitest';
import type { RouterOptions } from './options.ts';
import { readOptions } from './read-options.ts';

const model: Model = () => Promise.reject(new Error('nobody is asked here'));
const models = { 'gpt-4': model, 'groq-fast': model };
const there = 'there are: gpt-4, groq-fast.';
const chainOf = (options: Partial<RouterOptions>): unknown => readOptions({ models, ...options }).roles.get('writer');

test('a role is a name, a chain, or a chain with settings', () => {
  expect(chainOf({ roles: { writer: 'gpt-4' } })).toEqual({ chain: ['gpt-4'], settings: undefined });
  expect(chainOf({ roles: { writer: ['groq-fast', 'gpt-4'] } })).toEqual({ chain: ['groq-fast', 'gpt-4'], settings: undefined });
  expect(chainOf({ roles: { writer: { chain: 'gpt-4', settings: { temperature: 0.7 }, note: 'for clients' } } })).toEqual({
    chain: ['gpt-4'],
    settings: { temperature: 0.7 },
  });
});

test('what is read does not change when the options do', () => {
  const chain = ['gpt-4'];
  const settings = { temperature: 0.7 };
  const { roles } = readOptions({ models, roles: { writer: { chain, settings } } });

  chain.push('nobody');
  settings.temperature = 2;

  expect(roles.get('writer')).toEqual({ chain: ['gpt-4'], settings: { temperature: 0.7 } });
});

test('a name that happens to be a property of Object is a name like any other', () => {
  const odd = JSON.parse('{ "__proto__": 1, "constructor": 1 }') as Record<string, unknown>;
  for (const name of Object.keys(odd)) Object.defineProperty(odd, name, { value: model });

  expect([...readOptions({ models: odd as Record<string, Model> }).models.keys()]).toEqual(['__proto__', 'constructor']);
});

const refused: readonly (readonly [string, unknown, string])[] = [
  ['no options', undefined, 'createRouter: the options is undefined; it must be an object.'],
  ['no models', {}, 'createRouter: models is undefined; it must be an object.'],
  [
    'an empty list of models',
    { models: {} },
    'createRouter: models is an empty object; it must be an object with at least one named model.',
  ],
  [
    'a model that is none',
    { models: { a: 'gpt-4' } },
    'createRouter: models.a is "gpt-4"; it must be a model: a function such as openai(…) returns, or a list of deployments.',
  ],
  [
    'a client in the place of a model, its key unsaid',
    { models: { a: { apiKey: 'sk-abcdef123456' } } },
    'createRouter: models.a is an object; it must be a model: a function such as openai(…) returns, or a list of deployments.',
  ],
  [
    'a key in the place of a model, unsaid',
    { models: { a: 'sk-abcdef123456' } },
    'createRouter: models.a is "[redacted]"; it must be a model: a function such as openai(…) returns, or a list of deployments.',
  ],
  [
    'an option that is none',
    { models, fallback: {} },
    'createRouter has no option "fallback"; it has: models, aliases, roles, fallbacks, contextWindowFallbacks, contentPolicyFallbacks, remedies, strategy, matchAnyTag, retry, timeout, cooldown, limit, deadlineMs, maxAttempts, cache, hedge, split, shadow, recover, wrap, onAttempt, onExhausted. Did you mean "fallbacks"?',
  ],
  [
    'a role without a model',
    { models, roles: { writer: [] } },
    'createRouter: roles.writer is an empty list; it must be a list of at least one name of a model.',
  ],
  [
    'a role that is a number',
    { models, roles: { writer: 4 } },
    'createRouter: roles.writer is 4; it must be the name of a model, a list of names, or an object with a chain.',
  ],
  [
    'a chain that names no model',
    { models, roles: { writer: 'gtp-4' } },
    `createRouter: roles.writer: There is no model named "gtp-4"; ${there} Did you mean "gpt-4"?`,
  ],
  [
    'a chain that names a property of Object',
    { models, roles: { writer: ['constructor'] } },
    `createRouter: roles.writer: There is no model named "constructor"; ${there}`,
  ],
  [
    'a chain that asks twice',
    { models, roles: { writer: ['gpt-4', 'gpt-4'] } },
    'createRouter: roles.writer names "gpt-4" twice; a chain asks each model once.',
  ],
  [
    'a role with another option',
    { models, roles: { writer: { chain: 'gpt-4', setting: {} } } },
    'roles.writer has no option "setting"; it has: chain, settings, note. Did you mean "settings"?',
  ],
  [
    'a role without a chain',
    { models, roles: { writer: { note: 'x' } } },
    'createRouter: roles.writer.chain is undefined; it must be a list of at least one name of a model.',
  ],
  [
    'a note that is none',
    { models, roles: { writer: { chain: 'gpt-4', note: 1 } } },
    'createRouter: roles.writer.note is 1; it must be a string.',
  ],
  [
    'settings of a wrong type',
    { models, roles: { writer: { chain: 'gpt-4', settings: { temperature: '0.7' } } } },
    'createRouter: roles.writer.settings.temperature is "0.7"; it must be a finite number.',
  ],
  [
    'fallbacks of nobody',
    { models, fallbacks: { claude: ['gpt-4'] } },
    `createRouter: fallbacks.claude: There is no model named "claude"; ${there}`,
  ],
  [
    'fallbacks that name no model',
    { models, fallbacks: { 'gpt-4': ['claude'] } },
    `createRouter: fallbacks.gpt-4: There is no model named "claude"; ${there}`,
  ],
  [
    'fallbacks that are a name',
    { models, fallbacks: { 'gpt-4': 'groq-fast' } },
    'createRouter: fallbacks.gpt-4 is "groq-fast"; it must be a list of at least one name of a model.',
  ],
  [
    'a model that falls back on itself',
    { models, fallbacks: { 'gpt-4': ['groq-fast', 'gpt-4'] } },
    'createRouter: fallbacks.gpt-4 names "gpt-4" twice; a chain asks each model once.',
  ],
  ['retries as a number', { models, retry: 2 }, 'createRouter: retry is 2; it must be an object, or false.'],
  ['a middleware alone', { models, wrap: () => model }, 'createRouter: wrap is a function; it must be a list of middlewares.'],
  [
    'a middleware that is none',
    { models, wrap: [{}] },
    'createRouter: wrap[0] is an empty object; it must be a middleware: a function from model to model, such as tracker.wrap.',
  ],
  ['a listener that is none', { models, onAttempt: true }, 'createRouter: onAttempt is true; it must be a function.'],
];
test.each([
  [{ deadlineMs: -1 }, 'deadlineMs is -1; it must be a number above 0 (Infinity for no limit).'],
  [{ deadlineMs: 'soon' }, 'deadlineMs is "soon"; it must be a number, an object, or false.'],
  [{ deadlineMs: { streamMs: 0 } }, 'deadlineMs.streamMs is 0; it must be a number above 0 (Infinity for no limit).'],
  [{ maxAttempts: 0.5 }, 'maxAttempts is 0.5; it must be a whole number of at least 1 (Infinity for no limit).'],
  [
    { strategy: 'round-robin' },
    'strategy is "round-robin"; it must be one of simple-shuffle, least-busy, latency-based-routing, cost-based-routing, usage-based-routing, usage-based-routing-v2.',
  ],
])('%j is refused by the name that the user wrote', (options, message) => {
  expect(() => readOptions({ models, ...options } as RouterOptions)).toThrow(new TypeError(`createRouter: ${message}`));
});

test('an option that a deadline does not have is refused', () => {
  const deadlineMs = { answrMs: 1 };

  expect(() => readOptions({ models, deadlineMs } as unknown as RouterOptions)).toThrow(
    new TypeError('createRouter: deadlineMs has no option "answrMs"; it has: streamMs, answerMs. Did you mean "answerMs"?'),
  );
});

test.each(refused)('%s: refused, with the reason', (_, options, message) => {
  expect(() => readOptions(options as RouterOptions)).toThrow(new TypeError(message));
});

test('fallbacks left undefined are none', () => {
  expect(readOptions({ models, fallbacks: { 'gpt-4': undefined } }).lists.general.size).toBe(0);
});

test('a model that says it cannot be asked by that name is refused', () => {
  const inner = Object.assign<Model, Partial<Model>>(() => model({ messages: [] }), {
    check: () => 'There is no model named "cheap"; there are: a.',
  });

  expect(() => readOptions({ models: { cheap: inner } })).toThrow(
    'createRouter: models.cheap: There is no model named "cheap"; there are: a. A router within a router is given as router.role(…) or router.model(…).',
  );
});
