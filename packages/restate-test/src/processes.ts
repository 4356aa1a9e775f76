/** The programs that the suite starts, and kills: the server's own binary, and workers. All of them end with `endAll`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CrewFacts } from './test-crew.ts';

/** Where npm has put the binary, if it has one for this platform. */
export const binary: string | undefined = findBinary();

function findBinary(): string | undefined {
  try {
    const wrapper = createRequire(import.meta.url).resolve('@restatedev/restate-server/package.json');
    const name = `@restatedev/restate-server-${process.platform}-${process.arch}/package.json`;
    const file = join(dirname(createRequire(wrapper).resolve(name)), 'bin/restate-server');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined; // not installed, or not for this platform
  }
}

/** Where the bundles of our own programs are. */
export const programs: string = join(import.meta.dirname, '../dist');

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

const running = new Set<ChildProcess>();
const folders = new Set<string>();

export async function endAll(): Promise<void> {
  await Promise.all([...running].map(kill));
  await Promise.all([...folders].map((folder) => rm(folder, { recursive: true, force: true })));
  folders.clear();
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Ends with `endAll` at the latest. */
export function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Something that is killed with signal 9, and started again as it was. */
export interface Program {
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
}

export interface ServerProgram extends Program {
  readonly ingress: string;
  readonly admin: string;
}

export async function startServer(): Promise<ServerProgram> {
  return startNode(await freePort(), ['--node-name', 'n1'], { RESTATE_LISTEN_MODE: 'tcp', RESTATE_DISABLE_TELEMETRY: 'true' });
}

/** A server with ports and a folder of its own; what else it is to know is in the arguments and the environment. */
export async function startNode(nodePort: number, args: readonly string[], more: NodeJS.ProcessEnv): Promise<ServerProgram> {
  const [ingressPort, adminPort] = [await freePort(), await freePort()];
  const folder = await temporaryFolder();
  const env = {
    ...process.env,
    ...more,
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_BIND_PORT: String(nodePort),
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${nodePort}`,
    RESTATE_INGRESS__BIND_PORT: String(ingressPort),
    RESTATE_ADMIN__BIND_PORT: String(adminPort),
    RESTATE_LOG_FILTER: 'error,octocrab=off', // it looks for a newer release of itself
  };
  const [ingress, admin] = [`http://127.0.0.1:${ingressPort}`, `http://127.0.0.1:${adminPort}`];
  let child: ChildProcess;
  const begin = async (): Promise<void> => {
    child = start(binary as string, ['--no-logo', '--base-dir', folder, ...args], env);
    child.stdout?.resume();
    await Promise.all([answers(`${admin}/health`), answers(`${ingress}/restate/health`)]);
  };
  await begin();
  return { ingress, admin, start: begin, kill: () => kill(child) };
}

/** Is removed by `endAll`. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rolecall-restate-'));
  folders.add(folder);
  return folder;
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    if (response?.ok) return;
    await delay(50);
  }
  throw new Error(`${url} did not answer`);
}

export interface WorkerProgram extends Program {
  readonly url: string;
}

export async function startWorker(crew: CrewFacts, options: Readonly<Record<string, unknown>> = {}): Promise<WorkerProgram> {
  const port = await freePort();
  const facts = JSON.stringify({ ...options, crew, port });
  let child: ChildProcess;
  const begin = async (): Promise<void> => {
    child = start(process.execPath, [join(programs, 'worker.js'), facts]);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
  };
  await begin();
  return { url: `http://127.0.0.1:${port}`, start: begin, kill: () => kill(child) };
}
