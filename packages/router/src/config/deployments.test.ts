import { expect, test } from 'vitest';
import { parseConfig } from './parse-config.ts';

interface Item {
  readonly litellm_params?: object;
  readonly model_info?: object;
  readonly rpm?: number;
}

/** The deployments of a pool of these, without their models. */
function deploymentsOf(items: readonly Item[], settings: object = {}): readonly object[] {
  const model_list = items.map(({ litellm_params, ...item }) => ({
    model_name: 'pool',
    litellm_params: { model: 'ollama/mistral', ...litellm_params },
    ...item,
  }));
  const { options } = parseConfig(JSON.stringify({ model_list, ...settings }), { env: {} });
  return (options.models['pool'] ?? []).map((deployment) =>
    Object.fromEntries(Object.entries(deployment).filter(([key, value]) => key !== 'model' && value !== undefined)),
  );
}

test('a name given more than once is a pool, in the order of the file', () => {
  expect(deploymentsOf([{ litellm_params: { weight: 9 } }, { litellm_params: { weight: '1', order: 2 } }])).toEqual([
    { weight: 9 },
    { weight: 1, order: 2 },
  ]);
});

test('rpm and tpm are read from the item, else its parameters, else its info', () => {
  const params = { rpm: 2, tpm: 20 };
  const info = { rpm: 3, tpm: 30 };

  expect(
    deploymentsOf([
      { rpm: 1, litellm_params: params, model_info: info },
      { litellm_params: params, model_info: info },
      { model_info: info },
    ]),
  ).toEqual([
    { rpm: 1, tpm: 20 },
    { rpm: 2, tpm: 20 },
    { rpm: 3, tpm: 30 },
  ]);
});

test('prices are by the million here, and time is in milliseconds', () => {
  const params = {
    input_cost_per_token: '3e-6',
    output_cost_per_token: 0.000015,
    timeout: 5,
    stream_timeout: 2,
    cooldown_time: 7,
    num_retries: 1,
    max_parallel_requests: 4,
  };

  expect(deploymentsOf([{ litellm_params: params, model_info: { id: 'mine', max_input_tokens: 4_096 } }])).toEqual([
    {
      id: 'mine',
      inputUsdPerMillion: 3,
      outputUsdPerMillion: 15,
      timeout: { attemptMs: 5_000, firstTokenMs: 2_000, idleMs: 2_000 },
      cooldown: { cooldownMs: 7_000 },
      retries: 1,
      maxConcurrent: 4,
      maxInputTokens: 4_096,
    },
  ]);
});

test("what a deployment says of its own goes over the router's", () => {
  const settings = {
    router_settings: { timeout: 30, stream_timeout: 3, allowed_fails: 5, cooldown_time: 2, default_max_parallel_requests: 8 },
  };
  const own = {
    litellm_params: { timeout: 60 },
    model_info: { allowed_fails: 1, allowed_fails_policy: { RateLimitErrorAllowedFails: 9 } },
  };

  expect(deploymentsOf([own, {}], settings)).toEqual([
    {
      maxConcurrent: 8,
      timeout: { attemptMs: 60_000, firstTokenMs: 3_000, idleMs: 3_000 },
      cooldown: { allowedFails: 1, allowedFailsPerCode: { rate_limited: 9 }, baseMs: 2_000 },
    },
    { maxConcurrent: 8 },
  ]);
});

test('with disable_cooldowns no deployment has a cooldown of its own', () => {
  expect(deploymentsOf([{ litellm_params: { cooldown_time: 5 } }], { router_settings: { disable_cooldowns: true } })).toEqual([
    {},
  ]);
});

test('tags count when tag filtering is on, the length of the prompt unless the checks are off', () => {
  const item = { litellm_params: { tags: ['paid'] }, model_info: { max_input_tokens: 10 } };

  expect(deploymentsOf([item])).toEqual([{ maxInputTokens: 10 }]);
  expect(deploymentsOf([item], { router_settings: { enable_tag_filtering: true, enable_pre_call_checks: false } })).toEqual([
    { tags: ['paid'] },
  ]);
});

test.each([
  ['embedding', undefined],
  ['chat', undefined],
  ['image_generation', 'a model answers what its adapter can ask'],
])('a mode says what a model is probed for, which can be a word or a vector: %s', (mode, note) => {
  const file = { model_list: [{ model_name: 'a', litellm_params: { model: 'ollama/mistral' }, model_info: { mode } }] };

  const { report } = parseConfig(JSON.stringify(file), { env: {} });

  const own = report.find(({ key }) => key === 'model_list[0].model_info.mode');
  expect([own?.treatment, own?.note]).toEqual([note === undefined ? 'honoured' : 'ignored', note]);
});
