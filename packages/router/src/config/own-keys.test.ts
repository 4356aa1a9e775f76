import { expect, test } from 'vitest';
import type { OwnKeys } from './own-keys.ts';
import { parseConfig } from './parse-config.ts';

const text = `model_list:
  - { model_name: local, litellm_params: { model: ollama/mistral } }
router_settings: { num_retries: many, model_group_alias: { near: local } }
general_settings:
  a: os.environ/A
  b: 2
roles: { default: local }
`;

function checkOwnKeys(own: OwnKeys): void {
  own.wrong(['general_settings', 'b'], 'a switch');
  own.problem(['general_settings', 'c'], 'has no effect');
}

test('what a program finds wrong with its own keys is told with the rest', () => {
  expect(() => parseConfig(text, { env: {}, checkOwnKeys })).toThrow(
    /3 mistakes[\s\S]*:3:\d+: router_settings.num_retries is "many"[\s\S]*:4:1: general_settings\.c has no effect\n.*:6:3: general_settings\.b is 2; it must be a switch/,
  );
});

test('it is shown the file with its variables, what can be asked for, and what is written', () => {
  const seen: unknown[] = [];
  const { warnings } = parseConfig(text.replace('num_retries: many, ', ''), {
    env: { A: 'one' },
    ownKeys: ['general_settings.a', 'general_settings.b'],
    checkOwnKeys: (own) => {
      seen.push(own.file['general_settings'], [...own.names]);
      seen.push(own.writtenAt(['general_settings', 'a']), own.writtenAt(['general_settings', 'z']));
      own.warn(['general_settings', 'b'], 'it is two');
    },
  });

  expect(seen).toEqual([{ a: 'one', b: 2 }, ['local', 'near', 'role:default'], 'os.environ/A', undefined]);
  expect(warnings).toEqual(['config:6:3: it is two']);
});
