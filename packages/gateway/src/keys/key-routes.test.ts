/** What the API of keys refuses, and what a key's budget does. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { gatewayWith, type TestGateway } from '../../test/gateway-with.ts';

const master = { authorization: 'Bearer sk-master-0123456789' };
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await gatewayWith(`
model_list:
  - { model_name: gpt, litellm_params: { model: openai/gpt-4.1 } }
  - { model_name: dear, litellm_params: { model: openai/gpt-nobody-knows, api_base: 'https://models.invalid/v1', api_key: k } }
  - { model_name: stated, litellm_params: { model: openai/gpt-4.1, input_cost_per_token: 0.001, output_cost_per_token: 0.001 } }
roles: { writer: gpt }
general_settings:
  master_key: sk-master-0123456789
  keys: [{ name: blog, key: sk-blog-0123456789, max_budget: 5, budget_duration: day }]
`);
});
afterAll(() => gateway.close());

interface Refused {
  readonly status: number;
  readonly error: Readonly<Record<string, unknown>>;
}

async function refused(path: string, body: object, headers: Record<string, string> = master): Promise<Refused> {
  const answer = await gateway.post(path, body, headers);
  return { status: answer.status, ...((await answer.json()) as { error: Refused['error'] }) };
}

test('a field that no key has is refused with the nearest name, and all the names there are', async () => {
  const { status, error } = await refused('/key/generate', { max_budgt: 1 });

  expect([status, error['param']]).toEqual([400, 'max_budgt']);
  expect(error['message']).toMatch(/^The field max_budgt is no field of a key; there are: .* Did you mean "max_budget"\?$/);
  for (const name of ['key', 'key_alias', 'rpm_limit', 'tpm_limit', 'max_call_cost'])
    expect(error['message']).toMatch(new RegExp(`[ ,]${name}[,.]`));
});

test('all that is wrong with a key is said at once, by the names it was given under, without its values', async () => {
  const { status, error } = await refused('/key/generate', {
    rpm_limit: 'hunter2',
    nope: 1,
    max_budget: -1,
    metadata: { tags: [1] },
  });

  expect([status, error['param']]).toEqual([400, 'nope']);
  expect(error['message']).toMatch(
    /^The field nope is no .* The field rpm_limit must be a whole number of at least 1\. The field metadata\.tags\.0 must be a string\.$/,
  );
  expect(error['message']).toContain('The field max_budget must be a number of at least 0.');
  expect(error['message']).not.toContain('hunter2');
});

test('a key is neither made nor changed for a model that is not there', async () => {
  const made = await refused('/key/generate', { models: ['gpt', 'gpts'] });
  const role = await refused('/key/generate', { models: ['role:wrter'] });
  const { key } = (await (await gateway.post('/key/generate', { models: ['gpt', 'role:writer'] }, master)).json()) as {
    key: string;
  };
  const changed = await refused('/key/update', { key, models: ['all-team-models'] });

  expect(made).toMatchObject({ status: 400, error: { code: 'model_not_found', param: 'models' } });
  expect(made.error['message']).toBe(
    'A name among the models is "gpts", which names no model; there are: gpt, dear, stated, role:writer. Did you mean "gpt"?',
  );
  expect(role.error['message']).toContain('Did you mean "role:writer"?');
  expect(changed).toMatchObject({ status: 400, error: { code: 'model_not_found' } });
});

test.each([[['*']], [['all-proxy-models']], [['role:*']], [['gpt#1']], [[]]])('a key for %j is made', async (models) => {
  expect((await gateway.post('/key/generate', { models }, master)).status).toBe(200);
});

test.each([[['*', 'gpt']], [['gpt', 'all-proxy-models']]])('a name beside all of them does not narrow %j', async (models) => {
  const made = await gateway.post('/key/generate', { models }, master);
  const { key, models: shown } = (await made.json()) as { key: string; models: string[] };

  const listed = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });

  expect(shown).toEqual([]);
  expect(((await listed.json()) as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual([
    'gpt',
    'dear',
    'stated',
    'role:writer',
  ]);
});

test('a model without a price is refused under a budget for good, in the words of the configuration', async () => {
  const answer = await gateway.post(
    '/v1/chat/completions',
    { model: 'dear', messages: [{ role: 'user', content: 'hello' }] },
    { authorization: 'Bearer sk-blog-0123456789' },
  );
  const { error } = (await answer.json()) as { error: Record<string, unknown> };

  expect([answer.status, answer.headers.get('retry-after')]).toEqual([400, null]);
  expect(error).toMatchObject({ type: 'invalid_request_error', code: 'budget_unpriced', param: 'model' });
  expect(error['message']).toMatch(
    /"key blog" refused a call of openai-compatible\/gpt-nobody-knows.*input_cost_per_token.*unpriced_models: allow/,
  );
  expect(error['message']).not.toMatch(/prices`|'allow'/);
});

test('a refused budget gives no advice that a configuration cannot follow', async () => {
  const made = await gateway.post('/key/generate', { max_budget: 0.001 }, master);
  const { key } = (await made.json()) as { key: string };

  const { status, error } = await refused(
    '/v1/chat/completions',
    { model: 'stated', messages: [{ role: 'user', content: 'hello' }] },
    { authorization: `Bearer ${key}` },
  );

  expect([status, error['code']]).toEqual([429, 'budget_exceeded']);
  expect(error['message']).toMatch(/is assumed while few are known: set `max_completion_tokens` on the request\)/);
});

test.each([
  [{ duration: '1h', expires: null }, 3_600_000],
  [{ duration: null, expires: '2999-01-01' }, Date.parse('2999-01-01') - Date.now()],
  [{ duration: '1h', expires: '2999-01-01' }, 3_600_000],
])('of two ends of a key the earlier one holds, and null takes neither from the other: %j', async (given, lastsMs) => {
  const made = await gateway.post('/key/generate', given, master);
  const { expires } = (await made.json()) as { expires: string };

  expect(Math.abs(Date.parse(expires) - Date.now() - lastsMs)).toBeLessThan(60_000);
});

test('a key may ask about itself by its text, its hash and its name, and about no other', async () => {
  const key = 'sk-blog-0123456789';
  const statusOf = async (asked: string): Promise<unknown> => {
    const answer = await fetch(`${gateway.url}/key/info?key=${asked}`, { headers: { authorization: `Bearer ${key}` } });
    const { info } = (await answer.json()) as { info?: { key_alias: string } };
    return info?.key_alias ?? answer.status;
  };

  const hash = createHash('sha256').update(key).digest('hex');
  expect(await Promise.all([key, hash, 'blog', 'master', 'sk-other'].map(statusOf))).toEqual(['blog', 'blog', 'blog', 403, 403]);
});

test('an end that is taken away is none', async () => {
  const made = await gateway.post('/key/generate', { duration: '1h' }, master);
  const { key } = (await made.json()) as { key: string };

  const changed = await gateway.post('/key/update', { key, duration: null }, master);

  expect(await changed.json()).toMatchObject({ expires: null });
});

test('what a key has spent is still known after a restart, and to a reload that brings it, where a ledger is kept', async () => {
  const ledger = await mkdtemp(join(tmpdir(), 'rolecall-ledger-'));
  onTestFinished(() => rm(ledger, { recursive: true }));
  const config = `
model_list: [{ model_name: gpt, litellm_params: { model: openai/gpt-4.1, input_cost_per_token: 0.001, output_cost_per_token: 0.001 } }]
general_settings:
  master_key: sk-master-0123456789
  ledger: ${ledger}
  keys: [{ name: blog, key: sk-blog-0123456789, max_budget: 5, budget_duration: total }]
`;
  const key = { authorization: 'Bearer sk-blog-0123456789' };
  const spendOf = async ({ url }: TestGateway): Promise<number> => {
    const answer = await fetch(`${url}/key/info`, { headers: key });
    return ((await answer.json()) as { info: { spend: number } }).info.spend;
  };

  const before = await gatewayWith(config);
  await before.post('/v1/chat/completions', { model: 'gpt', messages: [{ role: 'user', content: 'Hi' }] }, key);
  const spent = await spendOf(before);
  await before.close();
  const after = await gatewayWith(config);
  const known = await spendOf(after);
  await after.post('/v1/chat/completions', { model: 'gpt', messages: [{ role: 'user', content: 'Hi' }] }, key);
  const more = await spendOf(after);
  await after.close();

  const reloaded = await gatewayWith(config.replace('blog', 'other').replace('sk-blog', 'sk-other'));
  await writeFile(reloaded.config, config);
  await reloaded.gateway.reload();
  const since = await spendOf(reloaded);
  await reloaded.close();

  expect(spent).toBeGreaterThan(0);
  expect(known).toBe(spent);
  expect(more).toBeGreaterThan(spent);
  expect(since).toBe(more);
});
