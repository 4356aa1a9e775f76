/** HAProxy in front of two workers, with the file of the docs. */
import { execFileSync } from 'node:child_process';
import { connect as connectTo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePort, start } from './processes.ts';

const file = join(import.meta.dirname, '../../../docs/deploy/restate/haproxy.cfg');

export const hasHaproxy: boolean = ((): boolean => {
  try {
    return execFileSync('haproxy', ['-v'], { encoding: 'utf8' }).includes('HAProxy');
  } catch {
    return false;
  }
})();

/** The environment sets the addresses. */
export async function startBalancer(...workers: readonly [string, string]): Promise<string> {
  const bind = `127.0.0.1:${await freePort()}`;
  const [one, other] = workers.map((url) => new URL(url).host);
  const env = { ...process.env, ROLECALL_WORKERS_BIND: bind, ROLECALL_WORKER_1: one, ROLECALL_WORKER_2: other };
  start('haproxy', ['-db', '-f', file], env).stdout?.resume();
  await expect.poll(() => accepts(bind), { timeout: 10_000 }).toBe(true);
  return `http://${bind}`;
}

function accepts(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${address}`);
  return new Promise((resolve) => {
    const socket = connectTo(Number(port), hostname, () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}
