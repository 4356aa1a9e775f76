/** Two gateways over HTTP, with one Redis that is killed and comes back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { TestRedis } from '../../test/redis.ts';
import { createGateway, type Gateway } from '../index.ts';

const masterKey = 'sk-master-0123456789';
const gateways: Gateway[] = [];
let simulator: Simulator;
let redis: TestRedis;

async function startTwo(mode: string): Promise<void> {
  const config = join(redis.folder, 'config.yaml');
  writeFileSync(
    config,
    `model_list:
  - model_name: main
    litellm_params: { model: openai/gpt-4o, api_key: k, api_base: '${simulator.urls.openai}', input_cost_per_token: 0.0001, output_cost_per_token: 0.001 }
general_settings:
  master_key: ${masterKey}
  redis_url: ${redis.url}
  budgets_without_redis: ${mode}
`,
  );
  for (let count = 0; count < 2; count++) {
    const gateway = await createGateway({ config, env: {}, logTo: { write: () => undefined } });
    await gateway.listen(0);
    gateways.push(gateway);
  }
}

function call(index: number, path: string, key: string, body?: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${gateways[index % 2]?.address?.port}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function ask(index: number, key: string): Promise<number> {
  const body = { model: 'main', max_tokens: 20, messages: [{ role: 'user', content: 'Hello' }] };
  const answer = await call(index, '/v1/chat/completions', key, body);
  await answer.text();
  return answer.status;
}

async function newKey(more: object): Promise<string> {
  const made = (await (await call(0, '/key/generate', masterKey, more)).json()) as { key: string };
  return made.key;
}

beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

beforeEach(async () => {
  redis = await TestRedis.start();
});

afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.close({ graceMs: 0 });
  await redis.end();
});

test('the hard budget of a key holds across both, with sixty calls at once', async () => {
  await startTwo('open');
  const key = await newKey({ key_alias: 'blog', max_budget: 0.5 });

  const statuses = await Promise.all(Array.from({ length: 60 }, (_, index) => ask(index, key)));
  for (let index = 0; index < 20; index++) statuses.push(await ask(index, key));

  const spent = gateways.flatMap(({ tracker }) => tracker.rows()).reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect(spent).toBeGreaterThan(0.3);
  expect(spent).toBeLessThanOrEqual(0.5);
}, 30_000);

test.each([
  ['open', 200],
  ['closed', 503],
])(
  '%s: with Redis killed a call of a key with a budget is a %i, one without goes on, and all is well when it is back',
  async (mode, status) => {
    await startTwo(mode);
    const [bounded, free] = [await newKey({ key_alias: 'blog', max_budget: 5 }), await newKey({ key_alias: 'shop' })];
    const before = [await ask(0, bounded), await ask(1, bounded), await ask(1, free)];
    await redis.kill();

    const away = [await ask(0, bounded), await ask(1, bounded), await ask(1, free)];
    const unknown = (await call(0, '/v1/models', 'sk-unknown-0123456789')).status;
    const made = (await call(0, '/key/generate', masterKey, {})).status;
    await redis.comeBack();
    for (const index of [0, 1]) {
      const readiness = async (): Promise<string> => await (await call(index, '/health/readiness', '')).text();
      await vi.waitFor(async () => expect(await readiness()).toContain('connected'), { timeout: 10_000, interval: 100 });
    }

    expect(before).toEqual([200, 200, 200]);
    expect(away).toEqual([status, status, 200]);
    expect([unknown, made]).toEqual([503, 503]);
    expect([await ask(0, bounded), await ask(1, bounded)]).toEqual([200, 200]);
  },
  20_000,
);
