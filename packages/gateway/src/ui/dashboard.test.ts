/** What the dashboard's page is told, over HTTP. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../index.ts';
import type { BackendsAnswer, KeysAnswer, RequestAnswer, RequestsAnswer, SummaryAnswer } from './answers.ts';

const masterKey = 'sk-master-0123456789';
const prompt = 'the secret recipe of the cake';
const folder = mkdtempSync(join(tmpdir(), 'rolecall-dashboard-'));
let simulator: Simulator;
let gateway: Gateway;

beforeAll(async () => {
  simulator = await startSimulator();
  const params = (model: string): string =>
    `{ model: openai/${model}, api_key: sk-upstream-secret, api_base: '${simulator.urls.openai}', input_cost_per_token: 0.001, output_cost_per_token: 0.001 }`;
  const yaml = `model_list:
  - model_name: main
    litellm_params: ${params('gpt-4o')}
  - model_name: spare
    litellm_params: ${params('gpt-4')}
router_settings: { num_retries: 0, fallbacks: [{ main: [spare] }] }
roles: { writer: main }
general_settings:
  master_key: ${masterKey}
  baseline: gpt-4
  keys: [{ name: blog, key: sk-blog-0123456789, max_budget: 5 }]
`;
  writeFileSync(join(folder, 'config.yaml'), yaml);
  gateway = await createGateway({ config: join(folder, 'config.yaml'), env: {}, logTo: { write: () => undefined } });
  await gateway.listen(0);
  simulator.fault({ kind: 'status', status: 500, times: 1 });
  await ask('role:writer', 'call-with-a-fallback');
  await ask('spare', 'call-without-one');
});

afterAll(async () => {
  await gateway.close({ graceMs: 0 });
  await simulator.close();
  rmSync(folder, { recursive: true });
});

async function ask(model: string, id: string): Promise<void> {
  const answer = await fetch(`${gateway.address?.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-blog-0123456789', 'content-type': 'application/json', 'x-rolecall-call-id': id },
    body: JSON.stringify({ model, max_tokens: 20, messages: [{ role: 'user', content: prompt }] }),
  });
  await answer.text();
}

function get(path: string): Promise<Response> {
  return fetch(`${gateway.address?.url}/ui${path}`, { headers: { authorization: `Bearer ${masterKey}` } });
}

async function told<Answer>(path: string): Promise<Answer> {
  return (await (await get(`/api/${path}`)).json()) as Answer;
}

test('the page comes without a key, whole, and under a policy that lets in nothing but itself', async () => {
  const answer = await fetch(`${gateway.address?.url}/ui`);
  const html = await answer.text();

  expect(answer.status).toBe(200);
  const policy = answer.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toMatch(/script-src 'sha256-[^']+'; style-src 'sha256-[^']+';/);
  expect(policy).not.toContain('unsafe');
  expect(html).not.toMatch(/\b(src|href)="(?!data:)/);
  expect(html).not.toContain('spare');
});

test('the summary adds up by role, by model and by key, with percentiles and savings', async () => {
  const { total, roles, models, keys, baseline, hasLogin } = await told<SummaryAnswer>('summary');

  expect({ hasLogin, requests: total.requests, errors: total.errors }).toEqual({ hasLogin: true, requests: 3, errors: 1 });
  expect(roles.map(({ name, requests }) => [name, requests])).toContainEqual(['writer', 2]);
  expect(models.map(({ name }) => name).toSorted()).toEqual(['main', 'spare']);
  expect(models.find(({ name }) => name === 'spare')?.latencyMs.p95).toBeGreaterThan(0);
  expect(keys).toMatchObject([{ name: 'blog', requests: 3, errors: 1, outputTokens: total.outputTokens }]);
  expect(keys[0]?.costUsd).toBeCloseTo(total.costUsd ?? 0, 9);
  expect(baseline).toMatchObject({ basis: 'same_tokens', model: 'gpt-4' });
});

test('a request tells its attempts, and where such a request would go now', async () => {
  const { request, now } = await told<RequestAnswer>('requests/call-with-a-fallback');

  expect(request).toMatchObject({ asked: 'role:writer', key: 'blog', outcome: 'answered', status: 200 });
  expect(request.attempts).toMatchObject([
    { name: 'main', outcome: 'failed', status: 500 },
    { name: 'spare', outcome: 'answered' },
  ]);
  expect(now?.chain.map(({ name }) => name)).toEqual(['main', 'spare']);
  expect((await get('/api/requests/nobody')).status).toBe(404);
});

test('backends and keys are told as they are, and the newest request first', async () => {
  const { backends } = await told<BackendsAnswer>('backends');
  const { keys } = await told<KeysAnswer>('keys');
  const { requests } = await told<RequestsAnswer>('requests?limit=1');

  expect(backends.map(({ model_name: name, failed }) => [name, failed])).toEqual([
    ['main', 1],
    ['spare', 0],
  ]);
  expect(keys).toMatchObject([{ name: 'blog', blocked: false, budget: { limitUsd: 5, window: 'total' } }]);
  expect(keys[0]?.budget?.spentUsd).toBeGreaterThan(0);
  expect(requests.map(({ id }) => id)).toEqual(['call-without-one']);
  expect((await get('/api/requests?limit=none')).status).toBe(400);
});

test('no answer holds a key, an address of a backend, a prompt or an answer', async () => {
  const paths = ['summary', 'requests', 'requests/call-with-a-fallback', 'backends', 'keys'];
  const texts = await Promise.all(paths.map(async (path) => await (await get(`/api/${path}`)).text()));

  const secrets = [prompt, masterKey, 'sk-upstream-secret', 'sk-blog-0123456789', simulator.urls.openai];
  expect(secrets.filter((secret) => texts.join('').includes(secret))).toEqual([]);
});
