/** Restate's server as a program of this machine: the binary that npm has brought, for the time of one command. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../config-file.ts';
import { CommandError } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { endsWithUs } from './ends-with-us.ts';
import { resolvedFrom } from './project-module.ts';

export interface RestateProgram {
  readonly ingress: string;
  readonly admin: string;
  /** Resolves when it has ended, of itself or with `stop`. */
  readonly ended: Promise<unknown>;
  readonly stop: () => Promise<void>;
}

export interface RestateProgramOptions {
  readonly ingressPort: number;
  readonly adminPort: number;
  /** Where its state is, from start to start. */
  readonly folder: string;
}

/** @throws {CommandError} that says how to install it, when the project has none. */
export function binaryFor(file: string): string {
  const { platform, arch } = process;
  const wrapper = resolvedFrom(file, '@restatedev/restate-server/package.json');
  if (wrapper === undefined)
    throw new CommandError(`The Restate server is not installed. Put it beside the crew:

  npm install --save-dev @restatedev/restate-server

It is one program, of 216 MB, for Linux and macOS on x64 and arm64, and no part of Rolecall. Its licence is the Business Source
License 1.1: use in production is granted, except for offering others a service in which they register services of their own.`);
  const own = resolvedFrom(wrapper, `@restatedev/restate-server-${platform}-${arch}/package.json`);
  const binary = own && join(dirname(own), 'bin/restate-server');
  if (binary && existsSync(binary)) return binary;
  throw new CommandError(
    `@restatedev/restate-server has brought no program for ${platform}-${arch}: there are those for Linux and macOS, on x64 and arm64, as optional dependencies. Start a server elsewhere, and use "rolecall worker --register" and "rolecall run --admin --ingress".`,
  );
}

export async function startRestate(binary: string, options: RestateProgramOptions, io: Io): Promise<RestateProgram> {
  const ingressPort = await freePort('--ingress-port', options.ingressPort);
  const adminPort = await freePort('--admin-port', options.adminPort);
  const nodePort = await freePort('', 0);
  const [ingress, admin] = [`http://127.0.0.1:${ingressPort}`, `http://127.0.0.1:${adminPort}`];
  const env = environmentOf({ ingressPort, adminPort, nodePort }, io);
  const args = ['--no-logo', '--node-name', 'rolecall-dev', '--base-dir', options.folder];
  // In a group of its own: Ctrl-C is for us, and the server stays until the worker has ended its calls.
  const child = spawn(binary, args, { env, cwd: io.cwd, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const note = (text: unknown): void => {
    said = (said + String(text)).slice(-4_000);
  };
  child.stderr.on('data', note);
  child.once('error', ({ message }) => note(message));
  const killed = (): void => void child.kill('SIGKILL');
  process.once('exit', killed); // in a hurry
  const ended = new Promise<unknown>((resolve) => child.once('exit', resolve).once('error', resolve));
  const unguard = endsWithUs(child, io.stderr);
  void ended.then(() => process.off('exit', killed));
  void ended.then(unguard);
  try {
    await answering([`${admin}/health`, `${ingress}/restate/health`], child, io.signal);
  } catch (error) {
    await end(child);
    if (io.signal.aborted) throw error;
    throw new CommandError(`The Restate server did not start. ${said.trim() || 'It said nothing.'}`, { cause: error });
  }
  child.stderr.on('data', (chunk: Buffer) => void io.stderr.write(chunk.toString()));
  return { ingress, admin, ended, stop: () => end(child) };
}

interface Ports {
  readonly ingressPort: number;
  readonly adminPort: number;
  readonly nodePort: number;
}

/** No key, and no setting of another server. */
function environmentOf({ ingressPort, adminPort, nodePort }: Ports, { env: { PATH, HOME, TMPDIR } }: Io): NodeJS.ProcessEnv {
  return {
    PATH,
    HOME,
    TMPDIR,
    RESTATE_LOG_FILTER: 'error,octocrab=off', // which looks for a newer release
    RESTATE_LOG_DISABLE_ANSI_CODES: 'true',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_BIND_PORT: String(nodePort),
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${nodePort}`,
    RESTATE_INGRESS__BIND_PORT: String(ingressPort),
    RESTATE_ADMIN__BIND_PORT: String(adminPort),
  };
}

/** Another server that is there would answer in the place of ours. */
async function freePort(option: string, wanted: number): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    throw new CommandError(
      `Port ${wanted} is taken, perhaps by another Restate server: then "rolecall worker --register" is what you want. Else choose one with ${option}; 0 takes any.`,
      { cause: error },
    );
  }
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const startTimeoutMs = 60_000;

async function answering(urls: readonly string[], child: ChildProcess, stopped: AbortSignal): Promise<void> {
  const timeout = AbortSignal.timeout(startTimeoutMs);
  for (const url of urls) {
    for (;;) {
      stopped.throwIfAborted();
      timeout.throwIfAborted();
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) throw new Error('It has ended');
      const response = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
      if (response?.ok) break;
      await delay(50);
    }
  }
}

const endTimeoutMs = 10_000;

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);
  await gone;
  clearTimeout(late);
}
