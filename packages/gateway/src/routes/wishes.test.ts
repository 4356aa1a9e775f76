/** What a request can say of failures and of what may be left out. */
import { afterEach, describe, expect, test } from 'vitest';
import { gatewayWith, type TestGateway } from '../../test/gateway-with.ts';

let running: TestGateway | undefined;
afterEach(() => running?.close());

const messages = [{ role: 'user', content: 'Hello' }];
const chat = '/v1/chat/completions';
const masterKey = 'sk-master-0123456789';
const deployments = `
model_list:
  - { model_name: gpt, litellm_params: { model: openai/gpt-4.1 } }
  - { model_name: groq, litellm_params: { model: groq/llama-3.3-70b-versatile } }
  - { model_name: claude, litellm_params: { model: anthropic/claude-sonnet-5-5 } }
  - { model_name: local, litellm_params: { model: ollama/mistral } }
router_settings:
  num_retries: 0
  fallbacks: [{ gpt: [groq] }]
  context_window_fallbacks: [{ gpt: [claude] }]
  content_policy_fallbacks: [{ gpt: [local] }]
`;

describe('a failure that is ordered', () => {
  test.each([
    ['mock_testing_fallbacks', 'groq'],
    ['mock_testing_context_fallbacks', 'claude'],
    ['mock_testing_content_policy_fallbacks', 'local'],
    ['mock_timeout', 'groq'],
  ])('with %s leads to %s, and costs the first no call', async (field, name) => {
    running = await gatewayWith(deployments);

    const response = await running.post(chat, { model: 'gpt', messages, [field]: true });
    const again = await running.post(chat, { model: 'gpt', messages, [field]: false });

    expect(response.status).toBe(200);
    expect(response.headers.get('x-rolecall-named-model')).toBe(name);
    expect(response.headers.get('x-rolecall-fallbacks')).toBe('1');
    expect(again.headers.get('x-rolecall-named-model')).toBe('gpt'); // no circuit has opened
    expect(
      running.simulator.requests.map(({ body }) => Object.keys(body as object).filter((key) => key.startsWith('mock'))),
    ).toEqual(running.simulator.requests.map(() => []));
  });

  test('as a rate limit is over with the first call, and is tried again', async () => {
    running = await gatewayWith(deployments.replace('num_retries: 0\n  fallbacks: [{ gpt: [groq] }]', 'num_retries: 1'));

    const response = await running.post(chat, { model: 'gpt', messages, mock_testing_rate_limit_error: true });

    expect(response.status).toBe(200);
    expect(response.headers.get('x-rolecall-named-model')).toBe('gpt');
  });

  test('is for the master key alone', async () => {
    running = await gatewayWith(
      `${deployments}\ngeneral_settings: { master_key: ${masterKey}, keys: [{ name: blog, key: sk-blog-0123456789 }] }\n`,
    );
    const ask = (key: string, more: object): Promise<Response> =>
      (running as TestGateway).post(chat, { model: 'gpt', messages, ...more }, { authorization: `Bearer ${key}` });

    expect((await ask('sk-blog-0123456789', { mock_testing_fallbacks: true })).status).toBe(403);
    expect((await ask(masterKey, { mock_testing_fallbacks: 'yes' })).status).toBe(400);
    expect((await ask(masterKey, { mock_testing_fallbacks: true })).headers.get('x-rolecall-named-model')).toBe('groq');
  });
});

describe('what a backend has no word for', () => {
  const ask = { model: 'local', messages, logit_bias: { 50256: -100 }, n: 1 };

  test('is left out with drop_params, in the request or in the configuration, and the request has the last word', async () => {
    running = await gatewayWith(deployments);
    const refused = await running.post(chat, ask);
    const dropped = await running.post(chat, { ...ask, drop_params: true });
    await running.close();
    running = await gatewayWith(`${deployments}\nlitellm_settings: { drop_params: true }\n`);
    const byFile = await running.post(chat, ask);
    const kept = await running.post(chat, { ...ask, drop_params: false });

    expect([refused, dropped, byFile, kept].map(({ status }) => status)).toEqual([400, 200, 200, 400]);
    expect(running.gateway.warnings.join('\n')).not.toContain('drop_params');
  });

  test('still reaches a backend that speaks the API', async () => {
    running = await gatewayWith(deployments);

    await running.post(chat, { ...ask, model: 'gpt', drop_params: true });

    expect(running.simulator.requests[0]?.body).toMatchObject({ logit_bias: { 50256: -100 } });
    expect(running.simulator.requests[0]?.body).not.toHaveProperty('drop_params');
  });

  test('is not left out where it is part of what is asked', async () => {
    running = await gatewayWith(deployments);
    const tools = [{ type: 'custom', custom: { name: 'grammar' } }];

    const response = await running.post(chat, { model: 'local', messages, tools, drop_params: true });

    expect(response.status).toBe(400);
  });

  test('can be named, and is then sent to nobody', async () => {
    running = await gatewayWith(deployments);

    await running.post(chat, { ...ask, model: 'gpt', additional_drop_params: ['logit_bias'] });

    expect(Object.keys(running.simulator.requests[0]?.body as object).toSorted()).toEqual(['messages', 'model', 'n']);
  });
});

describe('metadata', () => {
  test.each([
    ['a chat completion that is not stored', chat, { messages, max_tokens: 9 }, undefined],
    ['a chat completion that is stored', chat, { messages, store: true }, { user_id: 'u1' }],
    ['embeddings', '/v1/embeddings', { input: 'Hello' }, undefined],
    ['a response', '/v1/responses', { input: 'Hello' }, { user_id: 'u1' }],
  ])('of %s reaches a provider that would take it, and what is for the gateway does not', async (_, path, body, sent) => {
    running = await gatewayWith(deployments);
    const metadata = { user_id: 'u1', tags: ['a'] };

    const response = await running.post(path, { ...body, model: 'gpt', metadata, litellm_metadata: { team: 'blue' } });

    expect(response.status).toBe(200);
    expect(running.simulator.requests.map(({ body: told }) => (told as { metadata?: unknown }).metadata)).toEqual([sent]);
  });
});

describe('an effort that only newer models know', () => {
  test.each([
    [chat, { messages, reasoning_effort: 'xhigh' }],
    ['/v1/responses', { input: 'Hello', reasoning: { effort: 'xhigh' } }],
  ])('goes through %s to a backend that speaks the API, and passes over one that does not', async (path, body) => {
    running = await gatewayWith(deployments);

    const [relayed, refused, dropped] = [
      await running.post(path, { ...body, model: 'gpt' }),
      await running.post(path, { ...body, model: 'claude' }),
      await running.post(path, { ...body, model: 'claude', drop_params: true }),
    ];

    expect(running.simulator.requests[0]?.body).toMatchObject(body);
    expect([relayed.status, refused.status, dropped.status]).toEqual([200, 400, 200]);
    expect(await refused.text()).toMatch(/has no word for reasoning[._]effort \\"xhigh\\"/);
  });

  test('is no effort when it is not a word', async () => {
    running = await gatewayWith(deployments);

    const response = await running.post(chat, { model: 'gpt', messages, reasoning_effort: 3 });

    expect(response.status).toBe(400);
  });
});

test.each([
  ['low', 'low'],
  ['xhigh', 'high'],
  [undefined, 'medium'],
])('an effort of %s of Anthropic’s is %s to others', async (effort, nearest) => {
  running = await gatewayWith('model_list: [{ model_name: o, litellm_params: { model: openai/gpt-5.1 } }]');

  await running.post('/v1/messages', {
    model: 'o',
    max_tokens: 99,
    messages,
    thinking: { type: 'adaptive' },
    ...(effort && { output_config: { effort } }),
  });

  expect(running.simulator.requests[0]?.body).toMatchObject({ reasoning_effort: nearest });
});

test.each([
  ['role', { model: `role:${'r'.repeat(257)}` }, {}],
  ['role', { model: 'gpt', metadata: { role: 'r'.repeat(257) } }, {}],
  ['role', { model: 'gpt' }, { 'x-rolecall-role': 'r'.repeat(257) }],
  ['tags', { model: 'gpt', tags: ['t'.repeat(257)] }, {}],
  ['tags', { model: 'gpt', metadata: { tags: Array.from({ length: 101 }, (_, index) => `t${index}`) } }, {}],
])('a %s that would fill ledger and metrics is refused', async (param, body, headers) => {
  running = await gatewayWith(`${deployments}roles: { default: [gpt] }\n`);

  const response = await running.post(chat, { messages, ...body }, headers);

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { param } });
  expect(running.gateway.tracker.rows()).toHaveLength(0);
});
