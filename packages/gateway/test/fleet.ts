/** Real processes: Redis, two gateways from source, and what stands in front of them. Each is ended with the fleet. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator, type SimulatorOptions } from '@rolecall/simulator';
import { freePort } from './free-port.ts';

const root = join(import.meta.dirname, '../../..');
const deploy = join(root, 'docs/deploy');

export const masterKey = 'sk-master-0123456789';

/** A process, and what it has said so far. */
export interface Running {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface FleetGateway extends Running {
  readonly url: string;
}

export interface Fleet {
  readonly folder: string;
  readonly simulator: Simulator;
  readonly gateways: readonly [FleetGateway, FleetGateway];
  /** The load balancer. */
  readonly url: string;
  end(): Promise<void>;
}

export interface FleetOptions {
  readonly front: 'haproxy' | 'nginx';
  readonly simulator: SimulatorOptions;
}

function run(command: string, flags: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(command, flags, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += String(chunk)));
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1));
  });
  return { child, said: () => text, ended };
}

/** Resolves once `holds` does. @throws {Error} when the process ends before, or a minute is over. */
export async function until(running: Running, holds: () => boolean | Promise<boolean>): Promise<void> {
  let end: number | NodeJS.Signals | undefined;
  void running.ended.then((how) => (end = how));
  for (const deadline = Date.now() + 60_000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 25))) {
    if (end !== undefined || Date.now() > deadline)
      throw new Error(`It ended (${end ?? 'too late'}), and said: ${running.said()}`);
  }
}

export async function startGateway(config: string, port: number, env: Readonly<Record<string, string>>): Promise<FleetGateway> {
  const program = ['--conditions=@rolecall/source', '--import', 'tsx', join(root, 'packages/cli/src/bin.ts')];
  const flags = ['gateway', '--config', config, '--port', String(port), '--no-watch'];
  const running = run(process.execPath, [...program, ...flags], env);
  await until(running, () => running.said().includes('Dashboard available'));
  const [, url = ''] = /Gateway running on (\S+)\/v1/.exec(running.said()) ?? [];
  return { ...running, url };
}

export async function stop({ child, ended }: Running, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  child.kill(signal);
  await ended;
}

async function isReady(url: string): Promise<boolean> {
  try {
    const { ok } = await fetch(`${url}/health/readiness`);
    return ok;
  } catch {
    return false;
  }
}

/** What the page on deployment has, on ports of our own. */
async function startFront(
  front: FleetOptions['front'],
  folder: string,
  ports: readonly number[],
): Promise<Running & { url: string }> {
  const port = await freePort();
  const [a, b] = ports.map((one) => `127.0.0.1:${one}`) as [string, string];
  const url = `http://127.0.0.1:${port}`;
  if (front === 'haproxy') {
    const env = { ROLECALL_BIND: `127.0.0.1:${port}`, ROLECALL_GATEWAY_A: a, ROLECALL_GATEWAY_B: b };
    return { ...run('haproxy', ['-db', '-f', join(deploy, 'haproxy.cfg')], env), url };
  }
  const file = join(folder, 'nginx.conf');
  const text = (await readFile(join(deploy, 'nginx.conf'), 'utf8'))
    .replace('127.0.0.1:4001', a)
    .replace('127.0.0.1:4002', b)
    .replace('127.0.0.1:4000', `127.0.0.1:${port}`)
    .replace('/run/rolecall-nginx.pid', join(folder, 'nginx.pid'))
    .replace('http {', `http {\n    client_body_temp_path ${folder}/body;\n    proxy_temp_path ${folder}/proxy;`);
  await writeFile(file, text);
  return { ...run('nginx', ['-c', file, '-p', folder, '-g', 'daemon off;']), url };
}

/** A model whose answers cost a cent or so, with a ledger for each gateway that all can be read from. */
function configOf(folder: string, openai: string, redisPort: number): string {
  return `model_list:
  - model_name: main
    litellm_params: { model: openai/gpt-4o, api_key: k, api_base: '${openai}', input_cost_per_token: 0.0001, output_cost_per_token: 0.001 }
general_settings:
  master_key: ${masterKey}
  redis_url: redis://127.0.0.1:${redisPort}
  budgets_without_redis: closed
  ledger: ${folder}/ledger
  max_body_bytes: 1048576
  drain_seconds: 30
`;
}

export async function startFleet({ front, simulator: simulated }: FleetOptions): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), 'rolecall-fleet-'));
  const simulator = await startSimulator(simulated);
  const running: Running[] = [];
  const end = async (): Promise<void> => {
    // nginx would leave its workers behind when it is killed.
    await Promise.all(running.map((one) => stop(one, one.child.spawnfile === 'nginx' ? 'SIGTERM' : 'SIGKILL')));
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [redisPort, ...ports] = [await freePort(), await freePort(), await freePort()];
    const redis = run('redis-server', ['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', folder, '--save', '']);
    running.push(redis);
    await until(redis, () => redis.said().includes('Ready to accept'));
    const config = join(folder, 'gateway.yaml');
    await writeFile(config, configOf(folder, simulator.urls.openai, redisPort ?? 0));
    const gateways = await Promise.all(ports.map((port) => startGateway(config, port, {})));
    running.push(...gateways);
    const balancer = await startFront(front, folder, ports);
    running.push(balancer);
    await until(balancer, () => isReady(balancer.url));
    return { folder, simulator, gateways: gateways as [FleetGateway, FleetGateway], url: balancer.url, end };
  } catch (error) {
    await end();
    throw error;
  }
}
