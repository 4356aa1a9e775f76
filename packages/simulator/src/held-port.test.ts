import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { HeldPort } from './held-port.ts';

const host = '127.0.0.1';

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('a port that is held refuses connections, and is free at once after its release', async () => {
  const port = await closedPort();
  const held = await HeldPort.hold(port, host);
  const client = connect(port, host);

  await expect(once(client, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });

  await held.release();
  const next = createServer().listen(port, host);
  await once(next, 'listening');
  next.close();
});

test('a port that somebody has cannot be held, and nothing stays open', async () => {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  await expect(HeldPort.hold(port, host)).rejects.toMatchObject({ code: 'EADDRINUSE' });

  server.close();
});

test('a program that lets go of a port goes on to its end', async () => {
  const program = `
    import { startSimulator } from '@rolecall/simulator';
    const simulator = await startSimulator();
    await simulator.takeDown('groq');
    await simulator.close();
    console.log('closed');`;
  const flags = ['--conditions=@rolecall/source', '--import', 'tsx', '--input-type=module', '-e', program];

  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname, timeout: 20_000 });

  expect(stdout).toBe('closed\n');
});
