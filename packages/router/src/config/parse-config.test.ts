import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig, type ParseConfigOptions } from './parse-config.ts';

const guide = readFileSync(new URL('./fixtures/litellm_config.yaml', import.meta.url), 'utf8');
const keys = { OPENAI_API_KEY: 'sk-o', ANTHROPIC_API_KEY: 'sk-a', GROQ_API_KEY: 'gsk-g' };

const parse = (text: string, options: ParseConfigOptions = {}) => parseConfig(text, { file: 'c.yaml', env: keys, ...options });
const messageOf = (text: string, options: ParseConfigOptions = {}): string => {
  try {
    parse(text, options);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
  return 'nothing was wrong';
};

const local = `model_list:
  - model_name: local
    litellm_params:
      model: ollama/mistral
`;

test('a mistake in a section hides nothing else that the section says', () => {
  const message = messageOf(`${local}router_settings:
  num_retries: -1
  model_group_alias: { near: local }
  fallbacks: [{ local: [far] }]
roles: { writer: near }
`);

  expect(message).toMatch(/^c\.yaml has 2 mistakes/);
  expect(message).toContain('num_retries is -1');
  expect(message).toContain('fallbacks[0].local[0] is "far", which names no model; there are: local, near.');
});

describe('the file of the guide', () => {
  test('loads as it stands, without a warning when its variables are set', () => {
    const { options, warnings } = parse(guide);

    expect(warnings).toEqual([]);
    expect(Object.entries(options.models).map(([name, [deployment]]) => [name, deployment?.model.id])).toEqual([
      ['gpt-4', 'openai/gpt-4'],
      ['claude-sonnet', 'anthropic/claude-3-5-sonnet-20241022'],
      ['groq-fast', 'groq/llama-3.1-70b-versatile'],
      ['local-mistral', 'ollama/mistral'],
      ['local-llama', 'ollama/llama3.2'],
    ]);
    expect(options).toMatchObject({
      fallbacks: { 'claude-sonnet': ['groq-fast', 'local-mistral'] },
      strategy: 'simple-shuffle',
      retry: { retries: 3 },
      timeout: { attemptMs: 30_000 },
    });
  });

  test('each variable that is not set is a warning with its place, and nothing else', () => {
    const { warnings } = parse(guide, { env: { OPENAI_API_KEY: 'sk-o' } });

    expect(warnings).toEqual([
      'c.yaml:11:7: the variable ANTHROPIC_API_KEY is not set; this deployment of "claude-sonnet" is not asked',
      'c.yaml:16:7: the variable GROQ_API_KEY is not set; this deployment of "groq-fast" is not asked',
    ]);
  });

  test('told to be strict, it is an error', () => {
    const message = messageOf(guide, { env: { OPENAI_API_KEY: 'sk-o', GROQ_API_KEY: 'k' }, strict: true });

    expect(message).toBe(
      'c.yaml:8:5: model_list[1] is all there is of "claude-sonnet", and cannot be asked: set ANTHROPIC_API_KEY',
    );
  });
});

describe('a file with mistakes', () => {
  test('shows them all at once, in the order of the file', () => {
    const message = messageOf(`model_list:
  - model_name: fast
    litellm_params:
      model: bedrock/x
  - model_name: slow
    litellm_params: {}
router_settings:
  routing_strategy: simple-shufle
  num_retries: many
  num_retries: 2
fallbacks:
  - fast: [slo]
  - slow
roles:
  writer: { chain: [fast, fast], settings: { temperature: hot } }
  editor: nobody
`);

    expect(message.split('\n').map((line) => line.trim())).toEqual([
      'c.yaml has 9 mistakes, and nothing was started:',
      expect.stringMatching(/^c\.yaml:4:7: model_list\[0\]\.litellm_params\.model "bedrock\/x" is of no provider known here/),
      'c.yaml:6:5: model_list[1].litellm_params.model is missing; it must be a string',
      'c.yaml:8:3: router_settings.routing_strategy is "simple-shufle"; it must be one of simple-shuffle, least-busy, latency-based-routing, cost-based-routing, usage-based-routing, usage-based-routing-v2. Did you mean "simple-shuffle"?',
      'c.yaml:10:3: the key num_retries is given twice in the same map; only one of them can hold',
      'c.yaml:12:12: fallbacks[0].fast[0] is "slo", which names no model; there are: fast, slow. Did you mean "slow"?',
      'c.yaml:13:5: fallbacks[1] is "slow"; an item is {model-name: [others]} or {model: model-name, fallback_models: [others]}',
      expect.stringMatching(/^c\.yaml:15:\d+: roles\.writer\.chain\[1\] names "fast" a second time/),
      expect.stringMatching(/^c\.yaml:15:\d+: roles\.writer\.settings\.temperature is "hot"; it must be a number$/),
      'c.yaml:16:3: roles.editor is "nobody", which names no model; there are: fast, slow.',
    ]);
  });

  test.each([
    ['nothing', '', 'c.yaml:1:1: there is no map here; a configuration has a model_list'],
    ['a list', '- a', 'c.yaml:1:1: there is no map here; a configuration has a model_list'],
    ['no models', 'roles: {}', 'c.yaml:1:1: model_list is missing; it must be a list of at least one model'],
    [
      'an empty list of models',
      'model_list: []',
      'c.yaml:1:1: model_list is an empty list; it must be a list of at least one model',
    ],
    ['models in a map', 'model_list: { a: 1 }', 'c.yaml:1:1: model_list is a map; it must be a list of at least one model'],
    ['a model that is no map', 'model_list: [x]', 'c.yaml:1:14: model_list[0] is "x"; it must be a map'],
    ['a section that is no map', `${local}router_settings: [1]`, 'c.yaml:5:1: router_settings is a list; it must be a map'],
    [
      'an empty chain',
      `${local}roles: { a: [] }`,
      'roles.a is an empty list; it must be the name of a model, or a list of names, best first',
    ],
    ['a role without a chain', `${local}roles: { a: { note: x } }`, 'roles.a.chain is missing; it must be the name of a model'],
    [
      'an alias for nobody',
      `${local}router_settings: { model_group_alias: { a: b } }`,
      'model_group_alias.a stands for no model; there are: local.',
    ],
    ['an alias for itself', `${local}router_settings: { model_group_alias: { a: a } }`, 'model_group_alias.a stands for itself'],
    [
      'an alias like a model',
      `${local}router_settings: { model_group_alias: { local: local } }`,
      'model_group_alias.local is the name of a model or of a deployment as well',
    ],
    [
      'a policy for nobody',
      `${local}router_settings: { model_group_retry_policy: { x: { RateLimitErrorRetries: 1 } } }`,
      'model_group_retry_policy.x names no model; there are',
    ],
    [
      'a time that is none',
      `${local}router_settings: { timeout: 0 }`,
      'router_settings.timeout is 0; it must be a number of seconds above 0',
    ],
    [
      'a number of retries that is none',
      `${local}litellm_settings: { num_retries: 1.5 }`,
      'litellm_settings.num_retries is 1.5; it must be a whole number, 0 or more',
    ],
    [
      'an id twice',
      'model_list: [{ model_name: a, litellm_params: { model: ollama/a }, model_info: { id: x } }, { model_name: b, litellm_params: { model: ollama/b }, model_info: { id: x } }]',
      'model_list[1].model_info.id is "x", as another deployment or model is called',
    ],
  ])('%s', (_, text, message) => {
    expect(messageOf(text)).toContain(message);
  });

  test('shows no secret, whatever is wrong with it', () => {
    const secret = 'hunter2-hunter2';
    const texts = [
      `model_list: [{ model_name: a, litellm_params: { model: gpt-4, api_key: [${secret}] } }]`,
      `model_list: [{ model_name: a, litellm_params: { model: gpt-4, headers: ${secret} } }]`,
      `model_list: [{ model_name: a, litellm_params: { model: gpt-4, headers: { authorization: "${secret}\\nx" } } }]`,
      `model_list: [{ model_name: a, litellm_params: { model: gpt-4, api_base: "me:${secret}@host" } }]`,
      `model_list: [{ model_name: a, litellm_params: { model: gpt-4, rpm: os.environ/SECRET } }]`,
      `model_list: [x]\nenvironment_variables: ${secret}`,
      `${local}roles: { a: os.environ/SECRET }`,
      `${local}fallbacks: [os.environ/SECRET, { local: [os.environ/SECRET] }, { local: os.environ/SECRET }]`,
      'model_list: [{ model_name: a, litellm_params: { model: os.environ/SECRET } }]',
      `${local}general_settings: { master_key: ${secret} }\nunknown: ${secret}\nfallbacks: [{ api_key: ${secret} }]`,
    ];

    for (const text of texts) {
      const outcome = messageOf(text, { env: { SECRET: secret } });
      expect(outcome).not.toBe('nothing was wrong');
      expect(outcome).not.toContain('hunter2');
    }
  });
});

describe('what becomes of the keys', () => {
  const text = `${local}    model_info: { team: green }
router_settings:
  num_retires: 2
  stream_timeout: 5
  redis_host: os.environ/REDIS
litellm_settings:
  drop_params: true
  callbacks: [otel]
general_settings:
  master_key: sk-1234-abcdefgh
colour: red
`;

  test('unknown ones are one warning, and known ones without effect another, with their lines', () => {
    const { warnings } = parse(text, { env: { REDIS: 'r' } });

    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toBe(
      'c.yaml: unknown keys, which have no effect: router_settings.num_retires (line 7: Did you mean "num_retries"?), colour (line 15)',
    );
    expect(warnings[1]).toMatch(
      /^c\.yaml: keys of LiteLLM that have no effect here: model_list\[0\]\.model_info\.team \(line 5: a note of your own\), router_settings\.redis_host \(line 9: a matter of the gateway\), /,
    );
    expect(warnings[1]).toContain('general_settings.master_key (line 14');
  });

  test('the report has every key, in the order of the file', () => {
    const { report } = parse(text, { env: { REDIS: 'r' } });

    expect(report.map(({ key, line, treatment }) => `${line} ${key} ${treatment}`)).toEqual([
      '2 model_list[0].model_name honoured',
      '4 model_list[0].litellm_params.model honoured',
      '5 model_list[0].model_info.team ignored',
      '7 router_settings.num_retires unknown',
      '8 router_settings.stream_timeout changed',
      '9 router_settings.redis_host ignored',
      '11 litellm_settings.drop_params ignored',
      '12 litellm_settings.callbacks ignored',
      '14 general_settings.master_key ignored',
      '15 colour unknown',
    ]);
    expect(report.find(({ key }) => key.endsWith('stream_timeout'))?.note).toContain('first token');
    expect(JSON.stringify(report)).not.toContain('1234');
  });
});

test('a role that is a list or a name is in the report', () => {
  const { report } = parse(`${local}roles:\n  writer: { chain: [local] }\n  critic: [local]\n  default: local\n`);

  expect(report.map(({ key, line }) => `${line} ${key}`).slice(-3)).toEqual([
    '6 roles.writer.chain',
    '7 roles.critic',
    '8 roles.default',
  ]);
});

test('what is only noted about a deployment keeps nobody from asking it', () => {
  const { options, warnings } = parse(`${local}    model_info: { team: os.environ/TEAM }\n`, { strict: true });

  expect(warnings[0]).toBe('c.yaml:5:19: the variable TEAM is not set; the key counts as not there');
  expect(options.models['local']?.[0]?.model.id).toBe('ollama/mistral');
});

test('a wildcard is a warning, and no model', () => {
  const { options, warnings } = parse(`${local}  - { model_name: 'openai/*', litellm_params: { model: 'openai/*' } }\n`);

  expect(Object.keys(options.models)).toEqual(['local']);
  expect(warnings).toEqual(['c.yaml:5:7: "openai/*" stands for any model, which has no effect here: list each by its name']);
  expect(messageOf(`model_list: [{ model_name: '*', litellm_params: { model: '*' } }]`)).toContain(
    'has no model that could be asked by a name',
  );
});

test('a key with nothing after it counts as not there', () => {
  expect(parse(`${local}router_settings:\nroles: ~\n`).options.roles).toEqual({});
});

test('numbers and switches may come out of variables', () => {
  const { options } = parse(`${local}router_settings: { num_retries: os.environ/N, disable_cooldowns: os.environ/D }`, {
    env: { N: '4', D: 'yes' },
  });

  expect(options).toMatchObject({ retry: { retries: 4 }, cooldown: false });
});

test("the file's own variables are set first, and the process keeps its own", () => {
  const { warnings, options } = parse(`environment_variables: { MY_KEY: abc }
model_list: [{ model_name: a, litellm_params: { model: gpt-4, api_key: os.environ/MY_KEY } }]`);

  expect(warnings).toEqual([]);
  expect(options.models['a']?.[0]?.model.id).toBe('openai/gpt-4');
  expect(process.env['MY_KEY']).toBeUndefined();
});

test('roles take aliases, and settings in the words of the file', () => {
  const { options, warnings } =
    parse(`${local}router_settings: { model_group_alias: { good: { model: local, hidden: true }, better: good } }
roles:
  writer: { chain: better, settings: { temperature: 0.7, max_tokens: 100, stop: END }, note: client-facing text }
  editor: [local]
  default: good
`);

  expect(warnings).toEqual([]);
  expect(options.roles).toEqual({
    writer: { chain: ['local'], settings: { temperature: 0.7, maxOutputTokens: 100, stop: ['END'] }, note: 'client-facing text' },
    editor: { chain: ['local'] },
    default: { chain: ['local'] },
  });
});

test('told to be strict, a role without anybody to ask is an error too', () => {
  const text = `model_list: [{ model_name: a, litellm_params: { model: gpt-4 } }, { model_name: b, litellm_params: { model: claude-x } }]
roles:
  writer: [a, b]
`;

  expect(messageOf(text, { env: {}, strict: true })).toContain(
    'roles.writer has no model that can be asked: set OPENAI_API_KEY, ANTHROPIC_API_KEY',
  );
  expect(parse(text, { env: {} }).warnings).toHaveLength(2);
});

test.each([
  [undefined, {}, 'parseConfig: the text is undefined; it must be the text of a configuration'],
  [Buffer.from('a'), {}, 'it must be the text of a configuration; loadConfig reads a file'],
  ['a: 1', { enviroment: {} }, 'parseConfig has no option "enviroment"; it has: file, env, strict'],
  ['a: 1', { strict: 'yes' }, 'parseConfig: strict is "yes"; it must be true or false'],
])('the text %o with the options %o is refused, and it is said what is valid', (text, options, message) => {
  expect(() => parseConfig(text as string, options as ParseConfigOptions)).toThrow(message);
});
