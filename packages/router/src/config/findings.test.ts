import { expect, test } from 'vitest';
import { nameOf, shown } from './findings.ts';

test('a path reads as one would write it', () => {
  expect(nameOf(['model_list', 2, 'litellm_params', 'api_base'])).toBe('model_list[2].litellm_params.api_base');
});

test.each([
  [12, ['rpm'], '12'],
  [false, ['cache'], 'false'],
  ['simple', ['routing_strategy'], '"simple"'],
  [[], ['tags'], 'an empty list'],
  [['x'], ['tags'], 'a list'],
  [{ key: 'x' }, ['litellm_params'], 'a map'],
  ['os.environ/KEY', ['api_key'], 'os.environ/KEY'],
  ['0.5', ['input_cost_per_token'], '"0.5"'],
  [-5, ['general_settings', 'keys', 0, 'max_budget'], '-5'],
])('%j at %j is shown as %s', (value, path, words) => {
  expect(shown(value, path)).toBe(words);
});

test.each([
  ['hunter2', ['litellm_params', 'api_key']],
  [42, ['litellm_params', 'api_key']],
  ['hunter2', ['environment_variables', 'ANYTHING']],
  ['hunter2', ['headers', 'x-auth']],
  ['hunter2', ['general_settings', 'master_key']],
  ['https://me:hunter2@host/v1', ['api_base']],
  ['sk-hunter2-hunter2', ['routing_strategy']],
  ['hunter2', ['general_settings', 'keys']],
  ['hunter2', ['general_settings', 'keys', 0]],
  ['hunter2', ['general_settings', 'keys', 0, 'key']],
  ['https://hooks.example/hunter2', ['general_settings', 'slack_webhook_url']],
  ['redis:hunter2@host', ['general_settings', 'redis_url']],
  [{ password: 'hunter2' }, ['timeout']],
])('the secret in %j at %j is not', (value, path) => {
  expect(shown(value, path)).not.toMatch(/hunter2|42/);
});
