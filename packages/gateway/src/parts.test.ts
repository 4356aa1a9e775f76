/** The gateway as a whole: what it counts, tells, logs and keeps. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createGateway, type Gateway } from './index.ts';

const masterKey = 'sk-master-0123456789';
const prompt = 'the secret recipe of the cake';
const logged: string[] = [];
const posted: { readonly path: string; readonly body: Record<string, unknown> }[] = [];
const folder = mkdtempSync(join(tmpdir(), 'rolecall-parts-'));
const config = join(folder, 'config.yaml');
let simulator: Simulator;
let hooks: Server;
let gateway: Gateway;

const params = (model: string): string =>
  `{ model: openai/${model}, api_key: sk-upstream-secret, api_base: '${simulator.urls.openai}', input_cost_per_token: 0.001, output_cost_per_token: 0.001 }`;

function yaml(general = ''): string {
  return `model_list:
  - model_name: main
    litellm_params: ${params('gpt-4o')}
  - model_name: spare
    litellm_params: ${params('gpt-4')}
router_settings: { num_retries: 0, fallbacks: [{ main: [spare] }] }
general_settings:
  master_key: ${masterKey}
  keys: [{ name: blog, key: sk-blog-0123456789, max_budget: 5 }]
${general}`;
}

const hook = (path: string): string => `http://127.0.0.1:${(hooks.address() as AddressInfo).port}${path}`;

async function start(general = ''): Promise<void> {
  writeFileSync(config, yaml(general));
  gateway = await createGateway({
    config,
    env: {},
    watch: true,
    logTo: { write: (lines) => void logged.push(...lines.trim().split('\n')) },
  });
  await gateway.listen(0);
}

function call(
  path: string,
  { key = masterKey, body }: { readonly key?: string; readonly body?: object } = {},
): Promise<Response> {
  return fetch(`http://127.0.0.1:${gateway.address?.port}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
}

const json = async (answer: Promise<Response>): Promise<Record<string, unknown>> =>
  (await (await answer).json()) as Record<string, unknown>;
const chat = (more: object = {}): object => ({
  model: 'main',
  max_tokens: 20,
  messages: [{ role: 'user', content: prompt }],
  ...more,
});
const ask = (key?: string, more?: object): Promise<Response> =>
  call('/v1/chat/completions', { ...(key !== undefined && { key }), body: chat(more) });

beforeAll(async () => {
  simulator = await startSimulator();
  hooks = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += String(chunk)));
    request.on('end', () => {
      posted.push({ path: request.url ?? '', body: JSON.parse(text) as Record<string, unknown> });
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => hooks.listen(0, '127.0.0.1', resolve));
});

beforeEach(() => {
  simulator.reset();
  logged.length = 0;
  posted.length = 0;
});

afterEach(() => gateway.close({ graceMs: 0 }));

afterAll(async () => {
  await simulator.close();
  hooks.close();
  rmSync(folder, { recursive: true });
});

test('promtool finds nothing wrong with the metrics, which have our names and those of LiteLLM', async (context) => {
  const found = spawnSync('promtool', ['--version']).error === undefined;
  if (!found && !process.env['CI']) context.skip('promtool is not installed: apt-get install prometheus');
  await start();
  simulator.fault({ kind: 'status', status: 500, times: 1 });
  await (await ask('sk-blog-0123456789')).text();
  await (await ask('sk-blog-0123456789', { model: 'no-such\nmodel"' })).text();
  await (await ask(undefined, { stream: true })).text();

  const text = await (await call('/metrics')).text();

  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith('litellm_'));
  expect({ complaints, status: status === 1 ? 'failed' : 'ok' }).toEqual({ complaints: [], status: 'ok' });
  expect(text).toContain('rolecall_requests_total{model="main",key="blog"');
  expect(text).toContain('litellm_proxy_total_requests_metric_total{requested_model="main",api_key_alias="blog"');
  expect(text).toContain('litellm_spend_metric_total{');
  expect(text).toContain('rolecall_key_budget_remaining_usd{key="blog"');
  expect(text).toContain('model="unknown"');
  expect(text).not.toContain('no-such');
});

test('one line of the log for each call says what the router decided, and no line has a prompt, an answer or a key', async () => {
  await start();
  await simulator.takeDown('openai');
  await (await ask('sk-blog-0123456789')).text();
  await simulator.bringUp('openai');
  const answer = await json(ask('sk-blog-0123456789'));
  await (await ask('sk-wrong-key-0123456789')).text();

  const lines = logged.map((line) => JSON.parse(line) as Record<string, unknown>);
  const calls = lines.filter(({ event }) => event === 'model_call');
  expect(calls[0]).toMatchObject({
    asked: 'main',
    key: 'blog',
    attempts: [{ name: 'main', code: 'network' }, { name: 'spare' }],
  });
  expect(calls.length).toBe(2);
  const text = logged.join('');
  const secrets = [prompt, masterKey, 'sk-upstream-secret', 'sk-blog-0123456789', 'sk-wrong-key-0123456789'];
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  const said = (answer['choices'] as { message: { content: string } }[] | undefined)?.[0]?.message.content;
  if (said !== undefined && said.length > 3) expect(text).not.toContain(said);
});

test('an alert goes out once when all backends are down, as JSON and in the form of Slack', async () => {
  await start(`  alert_webhook_url: ${hook('/json')}\n  slack_webhook_url: ${hook('/slack')}\n`);
  await simulator.takeDown('openai');
  for (let count = 0; count < 3; count++) await (await ask()).text();
  await simulator.bringUp('openai');

  await vi.waitFor(() => expect(posted.length).toBe(2), { timeout: 5_000 });
  expect(posted.find(({ path }) => path === '/json')?.body).toMatchObject({ kind: 'all_backends_down', subject: 'main' });
  expect(posted.find(({ path }) => path === '/slack')?.body).toEqual({
    text: expect.stringContaining('No backend of main answers'),
  });
  expect(JSON.stringify(posted)).not.toContain(prompt);
});

test('an alert is about the route that was asked, whatever the caller calls himself', async () => {
  await start(`  alert_webhook_url: ${hook('/json')}\nroles: { default: main }\n`);
  await simulator.takeDown('openai');
  for (const role of ['one', 'two', 'three']) await (await ask(masterKey, { metadata: { role } })).text();
  for (const role of ['four', 'five']) await (await ask(masterKey, { model: `role:${role}` })).text();
  await simulator.bringUp('openai');

  await vi.waitFor(() => expect(posted.length).toBe(2), { timeout: 5_000 });
  expect(posted.map(({ body }) => body['subject'])).toEqual(['main', 'role:default']);
});

test('no alert goes out when a request asks for what nobody can answer, or for failures', async () => {
  await start(`  alert_webhook_url: ${hook('/json')}\n`);
  const refused = await call('/v1/messages', { body: chat({ nobody_knows: 1 }) });
  for (let count = 0; count < 25; count++)
    await (await ask(masterKey, { mock_testing_fallbacks: true, disable_fallbacks: true })).text();
  await simulator.takeDown('openai');
  await (await ask()).text();
  await simulator.bringUp('openai');

  await vi.waitFor(() => expect(posted.length).toBeGreaterThan(0), { timeout: 5_000 });
  expect(refused.status).toBe(400);
  expect(posted.map(({ body }) => body['facts'])).toEqual([{ code: 'network' }]);
});

test('an alert goes out when a budget reaches a threshold', async () => {
  await start(`  alert_webhook_url: ${hook('/json')}\nlitellm_settings: { max_budget: 0.2, budget_duration: 1d }\n`);
  for (let count = 0; count < 8; count++) await (await ask()).text();

  await vi.waitFor(() => expect(posted.map(({ body }) => body['kind'])).toContain('budget'), { timeout: 5_000 });
  expect(posted[0]?.body['message']).toContain('Budget "gateway"');
});

test('alerts go out when many calls fail, and when they are slow', async () => {
  await start(`  alert_webhook_url: ${hook('/json')}\n  alert_error_rate: 0.5\n  alerting_threshold: 0.000001\n`);
  await simulator.takeDown('openai');
  for (let count = 0; count < 20; count++) await (await ask()).text();
  await simulator.bringUp('openai');

  await vi.waitFor(
    () => expect(posted.map(({ body }) => body['kind'])).toEqual(expect.arrayContaining(['error_rate', 'slow_p95'])),
    { timeout: 5_000 },
  );
});

test('a key is made, limited, changed, blocked, made anew and deleted over the API, in the words of LiteLLM', async () => {
  await start();
  const made = await json(
    call('/key/generate', {
      body: { key_alias: 'shop', models: ['main'], rpm_limit: 2, max_budget: 1, budget_duration: '30d', duration: '1h' },
    }),
  );
  const key = made['key'] as string;

  const first = await ask(key);
  expect([first.status, first.headers.get('x-ratelimit-remaining-requests')]).toEqual([200, '1']);
  expect((await ask(key, { model: 'spare' })).status).toBe(403);
  expect((await ask(key, { fallbacks: ['spare'] })).status).toBe(403);
  await (await ask(key)).text();
  const limited = await ask(key);
  expect([limited.status, Number(limited.headers.get('retry-after')) > 0]).toEqual([429, true]);

  expect(await json(call('/key/info', { key }))).toMatchObject({
    info: { key_alias: 'shop', budget_duration: 'month', blocked: false },
  });
  expect(await json(call('/key/info?key=shop'))).not.toMatchObject({ info: { spend: 0 } });
  expect(await json(call('/key/update', { body: { key, rpm_limit: null, models: [] } }))).toMatchObject({
    rpm_limit: null,
    models: [],
  });
  expect((await ask(key, { model: 'spare' })).status).toBe(200);
  await call('/key/block', { body: { key } });
  expect((await ask(key)).status).toBe(401);
  await call('/key/unblock', { body: { key } });
  const again = (await json(call('/key/regenerate', { body: { key } })))['key'] as string;
  expect([(await ask(key)).status, (await ask(again)).status]).toEqual([401, 200]);
  expect(await json(call('/key/delete', { body: { key_aliases: ['shop'] } }))).toEqual({
    deleted_keys: [expect.stringMatching(/^[0-9a-f]{64}$/)],
  });
  expect((await ask(again)).status).toBe(401);
  expect((await call('/key/block', { body: { key: 'blog' } })).status).toBe(400);
  expect((await call('/key/generate', { body: { max_budget: -1 } })).status).toBe(400);
  expect((await call('/key/generate', { body: { max_bugdet: 1 } })).status).toBe(400);
});

test('where a request goes is never said by the request', async () => {
  await start();
  const evil = 'http://127.0.0.1:9/';
  for (const body of [
    { api_base: evil },
    { api_key: 'x' },
    { headers: {} },
    { fallbacks: [{ model: 'spare', api_base: evil }] },
  ]) {
    const refused = await ask('sk-blog-0123456789', body);
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('not allowed')]);
  }
  expect((await ask('sk-blog-0123456789', { metadata: { tags: ['key:other'] } })).status).toBe(400);
  expect((await ask('sk-blog-0123456789', { mock_testing_fallbacks: true })).status).toBe(403);
});

test('the dashboard has the latest requests with their attempts, live and after, and a session from the master key', async () => {
  await start();
  const login = await call('/ui/login', { key: '', body: { key: masterKey } });
  const cookie = login.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
  const withCookie = { headers: { cookie: cookie.split(';')[0] ?? '' } };
  const base = `http://127.0.0.1:${gateway.address?.port}`;
  const leave = new AbortController();
  const live = await fetch(`${base}/ui/api/events`, { ...withCookie, signal: leave.signal });
  const reader = live.body!.pipeThrough(new TextDecoderStream()).getReader();
  await reader.read();

  const answer = await ask('sk-blog-0123456789');
  const id = answer.headers.get('x-rolecall-call-id');
  const event = String((await reader.read()).value);
  leave.abort();

  expect(event).toContain(`"id":"${id}"`);
  const one = await (await fetch(`${base}/ui/api/requests/${id}`, withCookie)).json();
  expect(one).toMatchObject({ request: { asked: 'main', key: 'blog', attempts: [{ name: 'main', outcome: 'answered' }] } });
  const keys = (await (await fetch(`${base}/ui/api/keys`, withCookie)).json()) as { keys: { budget: { spentUsd: number } }[] };
  expect(keys.keys[0]?.budget.spentUsd).toBeGreaterThan(0);
  expect((await fetch(`${base}/ui/api/summary`, withCookie)).status).toBe(200);
  expect((await fetch(`${base}/ui/api/backends`, withCookie)).status).toBe(200);
});

test('tries of the master key are limited', async () => {
  await start();
  const statuses = [];
  for (let count = 0; count < 6; count++)
    statuses.push((await call('/ui/login', { key: '', body: { key: `guess ${count}` } })).status);

  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
});

test('a changed file takes over by itself, a bad one changes nothing, and both are on record', async () => {
  await start();
  writeFileSync(config, yaml().replace('name: blog', 'name: diary'));
  await vi.waitFor(async () => expect(await (await call('/key/list')).text()).toContain('diary'), {
    timeout: 8_000,
    interval: 50,
  });
  writeFileSync(config, 'model_list: nonsense');

  await expect(gateway.reload()).rejects.toThrow(TypeError);

  expect((await ask('sk-blog-0123456789')).status).toBe(200);
  const text = await (await call('/metrics')).text();
  expect(text).toMatch(/rolecall_config_reloads_total\{result="ok"\} 1/);
  expect(text).toMatch(/rolecall_config_reloads_total\{result="failed"\} [12]/);
});
