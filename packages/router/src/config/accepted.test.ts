/** What this reader lets through, a router takes. */
import { assert, constantFrom, dictionary, integer, oneof, option, property, record, array, uniqueArray } from 'fast-check';
import { expect, test } from 'vitest';
import { createRouter } from '../router.ts';
import { parseConfig } from './parse-config.ts';

const number = oneof(
  { weight: 6, arbitrary: integer({ min: 1, max: 1_000_000 }) },
  { weight: 1, arbitrary: constantFrom(0, -1, 0.5, 1e-9, 1e21, '5', '0.5', 'x', null) },
);
const name = constantFrom('a', 'b', '__proto__', 'a#1');
const names = uniqueArray(name, { minLength: 1, maxLength: 2 });
const numbers = (...keys: readonly string[]) => dictionary(constantFrom(...keys), number, { maxKeys: 2 });

const keysOfParams = [
  'rpm',
  'tpm',
  'weight',
  'order',
  'timeout',
  'stream_timeout',
  'max_parallel_requests',
  'cooldown_time',
  'num_retries',
];
const params = numbers(...keysOfParams, 'input_cost_per_token', 'temperature', 'max_tokens', 'num_ctx');
const info = numbers('max_input_tokens', 'allowed_fails', 'cooldown_time', 'tpm');
const settings = numbers(
  'num_retries',
  'timeout',
  'stream_timeout',
  'allowed_fails',
  'cooldown_time',
  'default_max_parallel_requests',
);
const item = record({
  model_name: name,
  model: constantFrom('ollama/a', 'gpt-4', 'claude-x', 'groq/b', 'mistral/c'),
  params,
  info,
  id: option(name, { freq: 9, nil: undefined }),
});
const file = record({
  items: array(item, { minLength: 1, maxLength: 3 }),
  settings,
  fallbacks: array(record({ model: name, fallback_models: names }), { maxLength: 1 }),
  aliases: dictionary(name, name, { maxKeys: 1 }),
  roles: dictionary(name, names, { maxKeys: 1 }),
});

test('a file is refused with its places, or its options make a router', { timeout: 60_000 }, () => {
  let accepted = 0;
  const holds = property(file, ({ items, settings: numbersOfRouter, fallbacks, aliases, roles }) => {
    const text = JSON.stringify({
      model_list: items.map(({ model_name, model, params: own, info: facts, id }) => ({
        model_name,
        litellm_params: { model, ...own },
        model_info: { id, ...facts },
      })),
      router_settings: { ...numbersOfRouter, model_group_alias: aliases },
      fallbacks,
      roles,
    });
    let options;
    try {
      ({ options } = parseConfig(text, { env: {} }));
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^config(:1:\d+: | has \d+ mistakes)/);
      return;
    }
    createRouter(options);
    accepted += 1;
  });

  assert(holds, { numRuns: 400 });

  expect(accepted).toBeGreaterThan(20);
});
