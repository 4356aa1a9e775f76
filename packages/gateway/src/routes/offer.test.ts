/** What there is to ask for, to whom it is shown, and by which names a request may go on. */
import { afterEach, expect, test } from 'vitest';
import { gatewayWith, type TestGateway } from '../../test/gateway-with.ts';

let running: TestGateway | undefined;
afterEach(() => running?.close());

const master = { authorization: 'Bearer sk-master-0123456789' };
const chat = '/v1/chat/completions';
const messages = [{ role: 'user', content: 'Hello' }];
const config = `
model_list:
  - { model_name: gpt, litellm_params: { model: openai/gpt-4.1 } }
  - { model_name: gpt, litellm_params: { model: openai/gpt-4.1 } }
  - { model_name: claude, litellm_params: { model: anthropic/claude-sonnet-5-5 }, model_info: { id: claude-eu } }
router_settings: { num_retries: 0, model_group_alias: { smart: claude, ghost: { model: gpt, hidden: true } } }
roles: { writer: [smart, gpt] }
general_settings:
  master_key: sk-master-0123456789
  keys: [{ name: blog, key: sk-blog-0123456789, models: [gpt, 'role:*'] }]
`;

interface Info {
  readonly data: readonly { readonly model_name: string; readonly model_info: { readonly id: string } }[];
}

test('deployments are told by the ids that answers have', async () => {
  running = await gatewayWith(config);

  const { data } = (await (await fetch(`${running.url}/model/info`, { headers: master })).json()) as Info;
  const answer = await running.post(chat, { model: 'claude', messages }, master);

  expect(data.map(({ model_name: name, model_info: { id } }) => [name, id])).toEqual([
    ['gpt', 'gpt#1'],
    ['gpt', 'gpt#2'],
    ['claude', 'claude-eu'],
    ['smart', 'claude-eu'],
    ['role:writer', 'claude-eu'],
    ['role:writer', 'gpt#1'],
    ['role:writer', 'gpt#2'],
  ]);
  expect(answer.headers.get('x-rolecall-deployment')).toBe('claude-eu');
});

test('a key for all roles is shown them', async () => {
  running = await gatewayWith(config);

  const answer = await fetch(`${running.url}/v1/models`, { headers: { authorization: 'Bearer sk-blog-0123456789' } });

  expect(await answer.json()).toMatchObject({ data: [{ id: 'gpt' }, { id: 'role:writer' }] });
});

test.each([
  ['gpt#2', 'claude'],
  ['claude-eu', 'gpt'],
])('the deployment %s may stand in for %s, by its id', async (id, model) => {
  running = await gatewayWith(config);

  const answer = await running.post(chat, { model, fallbacks: [id], mock_testing_fallbacks: true, messages }, master);

  expect([answer.status, answer.headers.get('x-rolecall-deployment')]).toEqual([200, id]);
});

test.each([{ model: 'gpt#1' }, { model: 'gpt', fallbacks: ['gpt#9'] }])(
  'what is not there is said with the field, and without names that are hidden: %j',
  async (body) => {
    running = await gatewayWith(config);

    const answer = await running.post(chat, { messages, ...body }, master);
    const { error } = (await answer.json()) as { error: { message: string; param: string } };

    expect([answer.status, error.param]).toEqual([404, 'model']);
    expect(error.message).toContain('There are: gpt, claude, smart, role:writer.');
    expect(running.simulator.requests).toHaveLength(0);
  },
);

test('a model of embeddings is listed as one, and probed for a vector', async () => {
  running = await gatewayWith(`
model_list:
  - { model_name: gpt, litellm_params: { model: openai/gpt-4.1 } }
  - { model_name: vectors, litellm_params: { model: openai/gpt-4.1 }, model_info: { mode: chat } }
  - { model_name: vectors, litellm_params: { model: openai/text-embedding-3-small }, model_info: { mode: embedding } }
`);

  const info = (await (await fetch(`${running.url}/model/info`)).json()) as {
    data: { model_info: { id: string; mode: string } }[];
  };
  const health = await fetch(`${running.url}/health?probe=true`);

  expect(info.data.map(({ model_info: { id, mode } }) => [id, mode])).toEqual([
    ['gpt', 'chat'],
    ['vectors#1', 'chat'],
    ['vectors#2', 'embedding'],
  ]);
  expect(await health.json()).toMatchObject({ healthy_count: 3, unhealthy_count: 0 });
  expect(running.simulator.requests.map(({ path }) => path).toSorted()).toEqual([
    '/v1/chat/completions',
    '/v1/chat/completions',
    '/v1/embeddings',
  ]);
});
