/** Every line of the table in docs/gateway-access.md, over HTTP. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../index.ts';
import { sessionCookie } from './session.ts';

const masterKey = 'sk-master-0123456789';
const page = readFileSync(join(import.meta.dirname, '../../../../docs/gateway-access.md'), 'utf8');
const lines = page
  .slice(page.indexOf('## The table'), page.indexOf('There is no CORS'))
  .split('\n')
  .filter((line) => line.startsWith('| no master') || line.startsWith('| master'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

const headersOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nothing: {},
  'wrong key in the body': {},
  'any bearer': { authorization: 'Bearer anything' },
  'wrong key': { authorization: 'Bearer sk-wrong-0123456789' },
  key: { authorization: 'Bearer sk-open-0123456789' },
  'key as x-api-key': { 'x-api-key': 'sk-open-0123456789' },
  'blocked key': { authorization: 'Bearer sk-blocked-0123456789' },
  'expired key': { authorization: 'Bearer sk-expired-0123456789' },
  'key for other models': { authorization: 'Bearer sk-other-0123456789' },
  'spent key': { authorization: 'Bearer sk-spent-0123456789' },
  'master key': { authorization: `Bearer ${masterKey}` },
  session: { cookie: sessionCookie(masterKey, {}) },
  'forged session': { cookie: sessionCookie('sk-another-key', {}) },
};

const keys = `
  keys:
    - { name: open, key: sk-open-0123456789 }
    - { name: blocked, key: sk-blocked-0123456789, blocked: true }
    - { name: expired, key: sk-expired-0123456789, expires: '2020-01-01' }
    - { name: other, key: sk-other-0123456789, models: [another] }
    - { name: spent, key: sk-spent-0123456789, max_budget: 0 }
`;
const setUps: Readonly<Record<string, string>> = {
  'no master key': '',
  'master key': `general_settings:\n  master_key: ${masterKey}${keys}`,
  'master key, metrics_public': `general_settings:\n  master_key: ${masterKey}\n  metrics_public: true\n`,
};

const gateways = new Map<string, Gateway>();
let simulator: Simulator;
const folder = mkdtempSync(join(tmpdir(), 'rolecall-access-'));

beforeAll(async () => {
  simulator = await startSimulator();
  for (const [name, settings] of Object.entries(setUps)) {
    const config = join(folder, `${gateways.size}.yaml`);
    const models = `model_list:\n  - model_name: gpt-4\n    litellm_params: { model: openai/gpt-4o, api_key: k, api_base: '${simulator.urls.openai}', input_cost_per_token: 0.000001, output_cost_per_token: 0.000001 }\n`;
    writeFileSync(config, `${models}router_settings: { model_group_alias: { another: gpt-4 } }\n${settings}`);
    const gateway = await createGateway({ config, env: {}, logTo: { write: () => undefined } });
    await gateway.listen(0);
    gateways.set(name, gateway);
  }
});

afterAll(async () => {
  for (const gateway of gateways.values()) await gateway.close({ graceMs: 0 });
  await simulator.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

function ask(gateway: Gateway, method: string, path: string, headers: Record<string, string>): Promise<Answer> {
  const login = path === '/ui/login' ? { key: 'sk-guess' } : {};
  const chat = { model: 'gpt-4', max_tokens: 16, messages: [{ role: 'user', content: 'Hello' }] };
  const body = method === 'POST' ? JSON.stringify(path.startsWith('/v1') ? chat : login) : undefined;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        port: gateway.address?.port,
        host: '127.0.0.1',
        method,
        path,
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

describe('who may call what', () => {
  test('the table is there', () => expect(lines.length).toBeGreaterThan(40));

  test.each(lines)('%s: %s with %s %s is %s %s', async (setUp = '', what = '', who = '', header = '', status = '', code = '') => {
    const [method = '', path = ''] = what.split(' ');
    const [, name, value] = /^([\w-]+): (.+)$/.exec(header) ?? [];

    const answer = await ask(gateways.get(setUp)!, method, path, {
      ...headersOf[who],
      ...(name !== undefined && value !== undefined && { [name]: value }),
    });

    expect(answer.text.includes(masterKey)).toBe(false);
    expect(Object.keys(answer.headers).filter((one) => one.startsWith('access-control'))).toEqual([]);
    expect([answer.status, answer.text]).toEqual([Number(status), expect.stringContaining(code)]);
  });
});
