import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { guideConfig, rolecall, scene, type Scene, start } from '../test/cli.ts';

// Commands load their code when they are asked, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

let here: Scene;
beforeAll(async () => {
  here = await scene();
  await here.write('guide.yaml', guideConfig());
}, 60_000);
afterAll(() => here.simulator.close());

const argv = ['gateway', '--config', 'guide.yaml', '--port', '0', '--no-watch'];

async function urlOf(running: ReturnType<typeof start>): Promise<string> {
  const [, url = ''] = /Gateway running on (http:\S+)\/v1/.exec(await running.said('Dashboard available')) ?? [];
  return url;
}

test('gateway serves the models of the file until it is stopped, and ends with 0', async () => {
  const running = start(argv, here);
  const url = await urlOf(running);

  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer any-string-works' },
    body: JSON.stringify({ model: 'groq-fast', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  running.stop();

  expect(response.status).toBe(200);
  expect(choices[0]?.message.content).toContain('Hello');
  expect((await running.ended).exitCode).toBe(0);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('on SIGHUP it reads the file anew, and one with mistakes leaves what runs as it is', async () => {
  await here.write('reload.yaml', guideConfig());
  const told: { hangUp?: () => void } = {};
  const onHangup = (listener: () => void) => {
    told.hangUp = listener;
    return () => undefined;
  };
  const running = start(['gateway', '--config', 'reload.yaml', '--port', '0', '--no-watch'], { ...here, onHangup });
  const url = await urlOf(running);

  await here.write('reload.yaml', 'model_list: 3\n');
  told.hangUp?.();
  await running.said('the configuration was not read anew');
  const { status } = await fetch(`${url}/v1/models`, { headers: { authorization: 'Bearer any' } });
  running.stop();

  expect(status).toBe(200);
  expect((await running.ended).exitCode).toBe(0);
});

test('rows of the ledger that are lost with the end of the gateway are told, and it ends with 1', async () => {
  const ledger = join(here.cwd, 'lost');
  await here.write('lost.yaml', `${guideConfig()}\ngeneral_settings: { ledger: '${ledger}' }\n`);
  const running = start(['gateway', '--config', 'lost.yaml', '--port', '0', '--no-watch'], here);
  const url = await urlOf(running);
  await rm(ledger, { recursive: true });
  await writeFile(ledger, 'no folder');

  await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer any-string-works' },
    body: JSON.stringify({ model: 'groq-fast', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  running.stop();

  const { exitCode, stderr } = await running.ended;
  await rm(ledger); // the rows wait in this process, and are tried again
  expect(stderr).toMatch(/error: .*lost/);
  expect(exitCode).toBe(1);
});

test('SIGHUP ends nothing while the gateway is still being made', async () => {
  const told: string[] = [];
  const onHangup = (listener: () => void) => {
    listener();
    told.push('heard');
    return () => void told.push('forgotten');
  };
  await here.write('wrong.yaml', 'model_list: 3\n');

  const { exitCode, stderr } = await rolecall(['gateway', '--config', 'wrong.yaml', '--port', '0'], { ...here, onHangup });

  expect(exitCode).toBe(2);
  expect(told).toEqual(['heard', 'forgotten']);
  expect(stderr).not.toContain('was not read anew');
});

test('an address that is not of this machine is a wrong argument', async () => {
  const { exitCode, stderr } = await rolecall([...argv, '--host', '192.0.2.1', '--insecure'], here);

  expect(exitCode).toBe(2);
  expect(stderr).toContain('error: --host is no address of this machine.');
});

test.each([
  ['a file that is not there', ['gateway', '--config', 'nowhere.yaml'], 'nowhere.yaml cannot be read (ENOENT)'],
  ['an address for all without a master key', [...argv, '--host', '0.0.0.0'], 'master_key'],
])('gateway exits with 2 for %s', async (_, given, words) => {
  const { exitCode, stderr } = await rolecall(given, here);

  expect(exitCode).toBe(2);
  expect(stderr).toContain(words);
});

test('gateway exits with 2 when its port is taken, and says what to do', async () => {
  const first = start(argv, here);
  const { port } = new URL(await urlOf(first));

  const second = await rolecall([...argv, '--port', port], here);
  first.stop();
  await first.ended;

  expect(second).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Choose another with --port') as string });
});
