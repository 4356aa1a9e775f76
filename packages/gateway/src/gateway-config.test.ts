import { expect, test } from 'vitest';
import { parseGatewayConfig } from './gateway-config.ts';
import { idOf } from './keys/virtual-key.ts';

const models = 'model_list:\n  - model_name: fast\n    litellm_params: { model: ollama/mistral }\n';
const parse = (rest: string, env: Record<string, string> = {}) => parseGatewayConfig(models + rest, { file: 'c.yaml', env });
const mistake = (rest: string, env?: Record<string, string>): string => {
  try {
    parse(rest, env);
  } catch (error) {
    if (error instanceof TypeError) return error.message;
  }
  return 'none';
};

test('without a word to the gateway there is no master key, and nothing to warn of', () => {
  const { settings, warnings } = parse('');

  expect(settings).toMatchObject({
    masterKey: undefined,
    keys: [],
    redisUrl: undefined,
    budgetsWithoutRedis: 'open',
    metricsPublic: false,
  });
  expect(warnings).toEqual([]);
});

test('what it acts on is not among the keys without effect, and the rest is', () => {
  const { warnings } = parse(
    'general_settings: { master_key: sk-0123456789abcdef, metrics_public: true, database_url: x, nonsense: 1 }\n',
  );

  expect(warnings.join('\n')).toContain('general_settings.database_url');
  expect(warnings.join('\n')).toContain('general_settings.nonsense');
  expect(warnings.join('\n')).not.toMatch(/master_key|metrics_public/);
});

const withKey = (key: string): string =>
  `general_settings:\n  master_key: sk-0123456789abcdef\n  keys: [{ name: blog, ${key}, models: [fast], max_budget: 5, budget_duration: 30d, rpm_limit: 3 }]\n`;

test('a virtual key is kept as its hash, and one that is given as a hash is the same key', () => {
  const id = idOf('sk-blog-0123456789');
  const [written] = parse(withKey('key: os.environ/BLOG'), { BLOG: 'sk-blog-0123456789' }).settings.keys;
  const [hashed] = parse(withKey(`key_hash: ${id}`)).settings.keys;

  expect(written).toMatchObject({
    id,
    name: 'blog',
    models: ['fast'],
    maxBudgetUsd: 5,
    budgetWindow: 'month',
    rpm: 3,
    isConfigured: true,
  });
  expect(hashed?.id).toBe(id);
  expect(JSON.stringify(written)).not.toContain('sk-blog-0123456789');
});

test('Redis is found where LiteLLM has it, too', () => {
  const rest = 'router_settings: { redis_host: cache, redis_port: 6380, redis_password: os.environ/PW }\n';

  expect(parse(rest, { PW: 'p@ss' }).settings.redisUrl).toBe('redis://:p%40ss@cache:6380');
});

test('alerts go where LiteLLM sends them', () => {
  const { alerts } = parse('general_settings: { alerting: [slack], alerting_threshold: 300 }\n', {
    SLACK_WEBHOOK_URL: 'https://hooks.example/x',
  }).settings;

  expect(alerts).toMatchObject({ slackUrl: 'https://hooks.example/x', slowP95Ms: 300_000 });
});

test.each([
  [
    'a master key whose variable is not set',
    'general_settings: { master_key: os.environ/NOBODY }',
    'c.yaml:4:21: general_settings.master_key has no value',
  ],
  [
    'a master key whose variable is not set, merged from elsewhere',
    'ours: &ours { master_key: os.environ/NOBODY }\ngeneral_settings:\n  <<: *ours',
    'general_settings.master_key has no value',
  ],
  ['keys without a master key', 'general_settings: { keys: [{ key: sk-0123456789 }] }', 'no effect without a master_key'],
  [
    'a key without a key',
    'general_settings: { master_key: sk-0123456789abcdef, keys: [{ name: a }] }',
    'general_settings.keys[0].key is missing; it must be',
  ],
  [
    'two keys of one name',
    'general_settings: { master_key: sk-0123456789abcdef, keys: [{ name: a, key: sk-11111111 }, { name: a, key: sk-22222222 }] }',
    'keys[1] is the same key',
  ],
  [
    'a field that no key has',
    'general_settings: { master_key: sk-0123456789abcdef, keys: [{ key: sk-11111111, bugdet: 1 }] }',
    'keys[0].bugdet is no field of a key; there are: key, key_hash, name, ',
  ],
  [
    'a window that there is not',
    'general_settings: { master_key: sk-0123456789abcdef, keys: [{ key: sk-11111111, budget_duration: 7d }] }',
    'budget_duration is "7d"; it must be one of hour',
  ],
  [
    'an address that is none',
    'general_settings: { redis_url: "http://:secret@x" }',
    'redis_url is a string; it must be a redis or rediss URL',
  ],
  ['Slack without an address', 'general_settings: { alerting: [slack] }', 'set slack_webhook_url'],
  [
    'a key whose variable is not set',
    'general_settings: { master_key: sk-0123456789abcdef, keys: [{ key: os.environ/NOBODY }] }',
    'keys[0].key has no value: set the variable',
  ],
  [
    'a key and its hash',
    `general_settings: { master_key: sk-0123456789abcdef, keys: [{ key: sk-11111111, key_hash: ${idOf('x')} }] }`,
    'keys[0].key_hash stands beside a key',
  ],
  [
    'a key that is a text',
    'general_settings: { master_key: sk-0123456789abcdef, keys: [secret] }',
    'keys[0] is a string; it must be a map',
  ],
  [
    'a key with nothing after it',
    'general_settings: { master_key: sk-0123456789abcdef, keys: [{ name: a, key: }] }',
    'keys[0].key is missing; it must be',
  ],
  [
    'a limit of a key whose variable is not set',
    'general_settings: { master_key: sk-0123456789abcdef, keys: [{ key: sk-11111111, max_budget: os.environ/NOBODY }] }',
    'keys[0].max_budget has no value: set the variable, or take the line out',
  ],
  [
    'a model of a key whose variable is not set',
    'general_settings: { master_key: sk-0123456789abcdef, keys: [{ key: sk-11111111, models: [os.environ/NOBODY] }] }',
    'keys[0].models has a name whose variable is not set',
  ],
  ['settings that are a list', 'general_settings: [secret]', 'general_settings is a list; it must be a map'],
  [
    'a window of the whole gateway that there is not',
    'litellm_settings: { max_budget: 5, budget_duration: 7d }',
    'litellm_settings.budget_duration is "7d"; it must be one of hour',
  ],
  ['a switch that is none', 'general_settings: { metrics_public: maybe }', 'metrics_public is "maybe"; it must be true or false'],
])('%s stops the start, and no secret is repeated', (_, rest, sentence) => {
  const message = mistake(`${rest}\n`);

  expect(message).toContain(sentence);
  expect(message).not.toMatch(/secret|sk-0123|sk-1111/);
});

test('all mistakes are told at once, the router’s among them, each at its own line', () => {
  const message = mistake(`roles:
  writer: fats
general_settings:
  master_key: sk-0123456789abcdef
  metrics_public: maybe
  keys:
    - name: blog
      key: sk-11111111
      max_budget: -5
      rpm_limit: 0
      max_budgt: 1
      models: [fast, fats, 'role:writer', 'role:*', 'role:wrter']
    - name: shop
      key: secret
      tpm: many
`);

  expect(message.split('\n')).toEqual([
    'c.yaml has 9 mistakes, and nothing was started:',
    expect.stringMatching(
      /^ {2}c\.yaml:5:3: roles\.writer is "fats", which names no model; there are: fast\. Did you mean "fast"\?$/,
    ),
    '  c.yaml:8:3: general_settings.metrics_public is "maybe"; it must be true or false',
    '  c.yaml:12:7: general_settings.keys[0].max_budget is -5; it must be a number of at least 0',
    '  c.yaml:13:7: general_settings.keys[0].rpm_limit is 0; it must be a whole number of at least 1',
    expect.stringMatching(/^ {2}c\.yaml:14:7: .*max_budgt is no field of a key; there are: .* Did you mean "max_budget"\?$/),
    '  c.yaml:15:22: general_settings.keys[0].models[1] is "fats", which names no model; there are: fast, role:writer. Did you mean "fast"?',
    expect.stringMatching(
      /^ {2}c\.yaml:15:\d+: .*models\[4\] is "role:wrter", which names no model; .* Did you mean "role:writer"\?$/,
    ),
    '  c.yaml:17:7: general_settings.keys[1].key is a string; it must be a string of 8 characters or more, or else there must be a key_hash',
    '  c.yaml:18:7: general_settings.keys[1].tpm is "many"; it must be a whole number of at least 1',
  ]);
});

test('a section that is no map is told of once', () => {
  expect(mistake('litellm_settings: [secret]\n')).toBe('c.yaml:4:1: litellm_settings is a list; it must be a map');
});

test('a limit that is null is none', () => {
  const [key] = parse(
    'general_settings: { master_key: sk-0123456789abcdef, keys: [{ key: sk-11111111, max_budget: null, rpm: }] }\n',
  ).settings.keys;

  expect([key?.maxBudgetUsd, key?.rpm]).toEqual([undefined, undefined]);
});

test('a key that lasts from each start anew is warned of', () => {
  const { settings, warnings } = parse(`general_settings:
  master_key: sk-0123456789abcdef
  keys: [{ key: sk-11111111, duration: 1h }, { key: sk-22222222, expires: 2999-01-01, duration: null }]
`);

  expect(settings.keys[1]?.expiresAt).toBe(Date.parse('2999-01-01'));
  expect(warnings).toEqual([
    expect.stringMatching(
      /^c\.yaml:6:\d+: a duration begins anew with each start and each reload: say when the key ends with expires$/,
    ),
  ]);
});

test('a key may name a deployment, and any role where there is a default one', () => {
  const { settings, warnings } = parse(`roles: { default: fast }
general_settings:
  master_key: sk-0123456789abcdef
  keys: [{ key: sk-11111111, models: ['fast#1', 'role:critic', 'role:default'] }]
`);

  expect(settings.keys[0]?.models).toEqual(['fast#1', 'role:critic', 'role:default']);
  expect(warnings).toEqual(['c.yaml:7:49: role:critic is no role of this file: the role default serves it']);
});
