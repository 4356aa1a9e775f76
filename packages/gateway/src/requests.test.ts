/** What a request can say to the gateway, and what an answer says of itself. */
import { afterEach, describe, expect, test } from 'vitest';
import { fourModels, gatewayWith, type TestGateway } from '../test/gateway-with.ts';

let running: TestGateway | undefined;
afterEach(() => running?.close());

const messages = [{ role: 'user', content: 'Hello' }];
const chat = '/v1/chat/completions';
const withRoles = `${fourModels}
fallbacks: [{ gpt: [claude, groq, local] }]
roles:
  writer: { chain: [claude, gpt], settings: { temperature: 0.2 } }
  researcher: [groq]
`;

describe('a role', () => {
  test.each([
    ['as the name of a model', { model: 'role:writer' }, {}],
    ['in a header', { model: 'anything' }, { 'x-rolecall-role': 'writer' }],
    ['in a header, as it would be a name', {}, { 'x-rolecall-role': 'role:writer' }],
    ['in the metadata', { model: 'anything', metadata: { role: 'writer' } }, {}],
  ])('%s picks the chain', async (_, body, headers) => {
    running = await gatewayWith(withRoles);

    const response = await running.post(chat, { messages, ...body }, headers);

    expect(response.status).toBe(200);
    expect(response.headers.get('x-rolecall-named-model')).toBe('claude');
    expect(running.gateway.tracker.rows()[0]).toMatchObject({
      agent: 'writer',
      workflow: response.headers.get('x-rolecall-call-id'),
    });
  });

  test('that nobody has heard of is the default one, where no model is named', async () => {
    running = await gatewayWith(`${withRoles}  default: [local]\n`);

    const response = await running.post(chat, { messages }, { 'x-rolecall-role': 'editor' });

    expect(response.headers.get('x-rolecall-named-model')).toBe('local');
    expect(running.gateway.tracker.rows()[0]).toMatchObject({ agent: 'editor' });
  });

  test('that nobody has heard of is named, where there is no default one', async () => {
    running = await gatewayWith(withRoles);

    const response = await running.post(chat, { messages }, { 'x-rolecall-role': 'editor' });

    expect(response.status).toBe(404);
    expect(await response.text()).toContain('Invalid model name passed in model=role:editor.');
  });

  test('brings its settings along where a body is relayed, and those of the request win', async () => {
    running = await gatewayWith(withRoles);
    running.simulator.fault({ provider: 'anthropic', kind: 'status', status: 500, times: 2 });

    await running.post(chat, { model: 'role:writer', messages });
    await running.post(chat, { model: 'role:writer', messages, temperature: 0.9 });
    const sent = running.simulator.requests.filter(({ provider }) => provider === 'openai').map(({ body }) => body);

    expect(sent).toMatchObject([{ temperature: 0.2 }, { temperature: 0.9 }]);
  });

  test('that a deployment has settings of its own for reaches it as well', async () => {
    running = await gatewayWith(
      'model_list: [{ model_name: warm, litellm_params: { model: openai/gpt-4.1, temperature: 0.3 } }]',
    );

    await running.post(chat, { model: 'warm', messages });

    expect(running.simulator.requests[0]?.body).toMatchObject({ temperature: 0.3 });
  });
});

describe('fallbacks', () => {
  test.each([
    [0, []],
    [1, ['openai']],
    [3, ['openai', 'anthropic', 'groq']],
  ] as const)('are counted in the headers: %i', async (count, down) => {
    running = await gatewayWith(withRoles);
    for (const provider of down) running.simulator.fault({ provider, kind: 'status', status: 500 });

    const response = await running.post(chat, { model: 'gpt', messages });

    expect(response.headers.get('x-litellm-attempted-fallbacks')).toBe(`${count}`);
    expect(response.headers.get('x-rolecall-attempts')).toBe(`${count + 1}`);
  });

  test('can be switched off for one request, and can be others', async () => {
    running = await gatewayWith(withRoles);
    const { simulator } = running;
    simulator.fault({ provider: 'openai', kind: 'status', status: 500, times: 2 });

    const none = await running.post(chat, { model: 'gpt', messages, disable_fallbacks: true });
    const own = await running.post(chat, { model: 'gpt', messages, fallbacks: ['local'] });

    expect(none.status).toBe(500);
    expect(own.headers.get('x-rolecall-named-model')).toBe('local');
  });

  test('may be asked something else, and only they are', async () => {
    running = await gatewayWith(withRoles);
    running.simulator.fault({ provider: 'openai', kind: 'status', status: 500 });
    const shorter = [{ role: 'user', content: 'In short, please.' }];

    await running.post(chat, { model: 'gpt', messages, fallbacks: [{ model: 'groq', messages: shorter }] });

    expect(running.simulator.requests.map(({ body }) => body)).toMatchObject([{ messages }, { messages: shorter }]);
  });

  test('that all fail end in the status of the first', async () => {
    running = await gatewayWith(withRoles);
    running.simulator.fault({ provider: 'openai', kind: 'status', status: 429, headers: { 'retry-after': '9' } });
    running.simulator.fault({ kind: 'status', status: 503, times: 3 });

    const response = await running.post(chat, { model: 'gpt', messages });

    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(response.headers.get('x-rolecall-fallbacks')).toBe('3');
  });
});

test("an unknown model is a 404 that lists those there are, or a 400 for who wants LiteLLM's", async () => {
  running = await gatewayWith(withRoles);
  const response = await running.post(chat, { model: 'nope', messages });
  const body = await response.json();
  await running.close();
  running = await gatewayWith(`${withRoles}\ngeneral_settings: { litellm_errors: true }\n`);
  const theirs = await running.post(chat, { model: 'nope', messages });

  expect(response.status).toBe(404);
  expect(body).toMatchObject({
    error: {
      code: 'model_not_found',
      message: expect.stringMatching(/^Invalid model name passed in model=nope\. .*gpt, claude/),
    },
  });
  expect(theirs.status).toBe(400);
  expect(await theirs.json()).toMatchObject({ error: { code: '400' } });
});

test('aliases are listed unless they are hidden, and no key or address is', async () => {
  running = await gatewayWith(
    fourModels.replace(
      'num_retries: 0',
      'num_retries: 0, model_group_alias: { shown: gpt, secret: { model: claude, hidden: true } }',
    ),
  );
  const list = await (await fetch(`${running.url}/v1/models`)).text();
  const info = await (await fetch(`${running.url}/model/info`)).text();
  const hidden = await running.post(chat, { model: 'secret', messages });

  expect(list).toContain('"shown"');
  expect(list).not.toContain('"secret"');
  expect(list + info).not.toMatch(/sk-|gsk_|127\.0\.0\.1|api_key/);
  expect(hidden.status).toBe(200);
});

test('answers are cached where the configuration says so, and a request can say otherwise', async () => {
  running = await gatewayWith(`${fourModels}\nlitellm_settings: { cache: true }\n`);
  const ask = { model: 'claude', messages };
  const first = await running.post(chat, ask);
  const again = await running.post(chat, ask);
  const streamed = await running.post(chat, { ...ask, stream: true });
  const calls = running.simulator.requests.length;
  const anew = await running.post(chat, { ...ask, cache: { 'no-cache': true } });

  expect(calls).toBe(1);
  expect(await again.json()).toMatchObject({ choices: ((await first.json()) as { choices: unknown }).choices });
  expect(await streamed.text()).toContain('[DONE]');
  expect(again.headers.get('x-rolecall-cost-usd')).toBe('0');
  expect(anew.status).toBe(200);
  expect(running.simulator.requests).toHaveLength(2);
});

test('tags reach the ledger, and what is for the gateway alone reaches no provider', async () => {
  running = await gatewayWith();
  await running.post(
    chat,
    { model: 'gpt', messages, tags: ['a'], metadata: { tags: ['b'] }, fallbacks: ['groq'] },
    { 'x-rolecall-tags': 'c, d' },
  );

  expect(running.gateway.tracker.rows()[0]?.tags).toEqual(expect.arrayContaining(['a', 'b', 'c', 'd']));
  expect(Object.keys(running.simulator.requests[0]?.body as object).toSorted()).toEqual(['messages', 'model']);
});

test('the twins of the headers can be left out', async () => {
  running = await gatewayWith(`${fourModels}\ngeneral_settings: { litellm_headers: false }\n`);
  const response = await running.post(chat, { model: 'groq', messages });

  expect([...response.headers.keys()].filter((name) => name.startsWith('x-litellm'))).toEqual([]);
  expect(Number(response.headers.get('x-rolecall-cost-usd'))).toBeGreaterThan(0);
});

test('a reload changes what is served, and a wrong file changes nothing', async () => {
  const { writeFile } = await import('node:fs/promises');
  running = await gatewayWith();
  await writeFile(running.config, 'model_list: [{ model_name: other, litellm_params: { model: ollama/mistral } }]');
  await running.gateway.reload();
  const renamed = await running.post(chat, { model: 'other', messages });
  await writeFile(running.config, 'model_list: 7');
  const refused = running.gateway.reload();

  await expect(refused).rejects.toThrow(TypeError);
  expect(renamed.status).toBe(200);
  expect((await running.post(chat, { model: 'other', messages })).status).toBe(200);
});

test('a reload cannot open to anybody what other machines can reach', async () => {
  const { writeFile } = await import('node:fs/promises');
  const locked = `${fourModels}\ngeneral_settings: { master_key: sk-master-0123456789 }\n`;
  running = await gatewayWith(locked, { host: '0.0.0.0' });
  await writeFile(running.config, fourModels);

  const reload = running.gateway.reload();

  await expect(reload).rejects.toThrow('general_settings.master_key cannot be taken away');
  expect((await running.post(chat, { model: 'gpt', messages })).status).toBe(401);
});

test('what providers say is left is a metric, by our name and LiteLLM’s', async () => {
  running = await gatewayWith();
  await running.post(chat, { model: 'gpt', messages });
  await running.post(chat, { model: 'local', messages });

  const text = await (await fetch(`${running.url}/metrics`)).text();
  const left = text.split('\n').filter((line) => /^\w+_remaining_\w*(requests|tokens)/.test(line));

  expect(left).toEqual([
    'rolecall_deployment_remaining_requests{name="gpt",backend="openai-compatible/gpt-4.1",deployment="gpt"} 9999',
    expect.stringMatching(/^rolecall_deployment_remaining_tokens\{name="gpt",.*\} \d+$/),
    'litellm_remaining_requests_metric{model_group="gpt",litellm_model_name="openai-compatible/gpt-4.1",model_id="gpt"} 9999',
    expect.stringMatching(/^litellm_remaining_tokens_metric\{model_group="gpt",.*\} \d+$/),
  ]);
});
