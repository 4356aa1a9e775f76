/** `rolecall gateway` as a process: what it does when it is told to stop, or to read its file anew. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '@rolecall/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FleetGateway, startGateway, stop, until } from '../../test/fleet.ts';

let simulator: Simulator;
let folder = '';
let config = '';
let gateway: FleetGateway;

const fileWith = (name: string, more = ''): string => `model_list:
  - model_name: ${name}
    litellm_params: { model: openai/gpt-4o, api_key: k, api_base: '${simulator.urls.openai}' }
${more}`;

beforeAll(async () => {
  simulator = await startSimulator({ chunkIntervalMs: 200 });
});
afterAll(() => simulator.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-signals-'));
  config = join(folder, 'gateway.yaml');
});

afterEach(async () => {
  await stop(gateway);
  await rm(folder, { recursive: true, force: true });
});

async function start(yaml: string): Promise<void> {
  await writeFile(config, yaml);
  gateway = await startGateway(config, 0, {});
}

function stream(): Promise<Response> {
  const body = JSON.stringify({ model: 'main', stream: true, messages: [{ role: 'user', content: 'Say something about tea' }] });
  const headers = { 'content-type': 'application/json' };
  return fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body });
}

async function models(): Promise<string> {
  return await (await fetch(`${gateway.url}/v1/models`)).text();
}

test('on SIGTERM a stream goes on to its end, nobody else is let in, and the process ends with 0', async () => {
  await start(fileWith('main'));
  const response = await stream();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  gateway.child.kill('SIGTERM');
  await until(gateway, () =>
    models().then(
      () => false,
      () => true,
    ),
  );

  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += Buffer.from(part.value).toString();

  expect(text.match(/"delta"/g)?.length).toBeGreaterThan(2);
  expect(text).toContain('[DONE]');
  expect(await gateway.ended).toBe(0);
}, 60_000);

test('a stream that is longer than drain_seconds is cut, without the mark of an end, and that is on record', async () => {
  await start(fileWith('main', 'general_settings: { drain_seconds: 0.3 }\n'));
  simulator.fault({ provider: 'openai', kind: 'stall', afterChunks: 3 });
  const response = await stream();
  gateway.child.kill('SIGTERM');

  const text = await response.text().catch((error: unknown) => String(error));

  expect(text).not.toContain('[DONE]');
  expect(await gateway.ended).toBe(0);
  expect(gateway.said()).toContain('"outcome":"aborted"');
}, 60_000);

test('on SIGHUP a file with mistakes changes nothing, and one without is taken over', async () => {
  await start(fileWith('main'));

  await writeFile(config, 'model_list: 3');
  gateway.child.kill('SIGHUP');
  await until(gateway, () => gateway.said().includes('the configuration was not read anew'));
  const kept = await models();
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  await writeFile(config, fileWith('other'));
  gateway.child.kill('SIGHUP');
  await until(gateway, async () => (await models()).includes('"other"'));

  expect(kept).toContain('"main"');
  expect(metrics).toContain('rolecall_config_reloads_total{result="failed"} 1');
  expect(await models()).not.toContain('"main"');
}, 60_000);
