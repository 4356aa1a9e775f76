import { connect, constants } from 'node:http2';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { crewFolder, rolecall, start } from '../../test/cli.ts';
import { inProcess, startProcess } from '../../test/process.ts';

vi.setConfig({ testTimeout: 60_000 });

const cwd = join(import.meta.dirname, '../../test/crews');

async function servicesAt(url: string): Promise<string> {
  const session = connect(url);
  try {
    const stream = session.request({
      [constants.HTTP2_HEADER_PATH]: '/discover',
      accept: 'application/vnd.restate.endpointmanifest.v4+json',
    });
    stream.setEncoding('utf8').end();
    let text = '';
    stream.on('data', (chunk: string) => (text += chunk));
    await once(stream, 'end');
    return text;
  } finally {
    session.close();
  }
}

test('worker serves the crew over HTTP/2 until SIGTERM, and ends with 0', async () => {
  const running = startProcess(['worker', 'blog.ts', '--port', '0'], { cwd });
  const [, url = ''] = /crew "blog" on (http:\S+)/.exec(await running.said('--register')) ?? [];

  const services = await servicesAt(url);
  running.signal('SIGTERM');
  const { exitCode, stderr } = await running.ended;

  expect(services).toContain('rolecall.blog');
  expect(services).toContain('rolecall-ledger');
  expect(stderr).toMatch(/Stopping: [\s\S]*Stopped\n$/);
  expect(exitCode).toBe(0);
});

test.each<[string, readonly string[], string]>([
  ['an address for all', ['--host', '0.0.0.0'], '--identity-key'],
  ['an option that is not valid', ['--max-live-tasks', '0'], 'It is a whole number of at least 1.'],
])('worker exits with 2 for %s', async (_, argv, words) => {
  const { exitCode, stderr } = await rolecall(['worker', 'blog.ts', '--port', '0', ...argv], { cwd });

  expect(stderr).toContain(words);
  expect(exitCode).toBe(2);
});

test('worker exits with 2 where it cannot listen, or cannot register', async () => {
  const folder = await crewFolder();
  const argv = ['worker', 'blog.mjs', '--port', '0'];

  const elsewhere = await rolecall([...argv, '--host', '192.0.2.1', '--insecure'], { cwd: folder });
  const alone = await rolecall([...argv, '--register', 'http://127.0.0.1:1'], { cwd: folder });

  expect(elsewhere.stderr).toContain('cannot listen on 192.0.2.1:0 (EADDRNOTAVAIL)');
  expect(alone.stderr).toContain('The worker is not registered. No Restate server');
  expect([elsewhere.exitCode, alone.exitCode]).toEqual([2, 2]);
});

test('worker exits with 2 when its port is taken, and says what to do', async () => {
  const folder = await crewFolder();
  const first = start(['worker', 'blog.mjs', '--port', '0'], { cwd: folder });
  const [, port = ''] = /127\.0\.0\.1:(\d+)/.exec(await first.said('--register')) ?? [];

  const second = await rolecall(['worker', 'blog.mjs', '--port', port], { cwd: folder });
  first.stop();

  expect(second).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Choose another with --port') as string });
  expect((await first.ended).exitCode).toBe(0);
});

test('dev says what it is for, and how its server is installed', async () => {
  const plain = await rolecall(['dev', 'blog.ts'], { cwd });
  const durable = await inProcess(['dev', '--durable', 'blog.ts'], { cwd });

  expect(plain).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('rolecall run blog.ts') as string });
  expect(durable.exitCode).toBe(2);
  expect(durable.stderr).toMatch(/npm install --save-dev @restatedev\/restate-server[\s\S]*Business Source/);
});
