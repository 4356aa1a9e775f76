/** The files of docs/deploy, each loaded by the program that it is for, and held against the gateway. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, type TestContext } from 'vitest';
import { parse } from 'yaml';
import { gatewayWith, type TestGateway } from '../../test/gateway-with.ts';
import { parseGatewayConfig } from '../gateway-config.ts';

const root = join(import.meta.dirname, '../../../..');
const folder = join(root, 'docs/deploy');
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'rolecall-deploy-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: object;
  readonly networks?: readonly string[];
  readonly stop_grace_period?: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
  readonly networks: object;
}
const compose = parse(read('compose.yaml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const asked = [...new Set([...read('rolecall.yaml').matchAll(/os\.environ\/(\w+)/g)].map(([, name = '']) => name))];
const env = Object.fromEntries(
  asked.map((name) => [name, /URL|BASE/.test(name) ? 'http://127.0.0.1:1/v1' : 'sk-0123456789abcdef']),
);
const { settings, warnings, loaded } = parseGatewayConfig(read('rolecall.yaml'), {
  env: { ...env, REDIS_URL: 'redis://127.0.0.1:1' },
});

/** Runs a program of Debian's on a file. Where it is missing the test is skipped, but not in CI. */
function holds(context: TestContext, program: string, ...flags: readonly string[]): void {
  const { error, status, stdout, stderr } = spawnSync(program, flags, { encoding: 'utf8' });
  if (error && !process.env['CI']) context.skip(`${program} is not installed`);
  expect({ error, status, said: stdout + stderr }).toMatchObject({ error: undefined, status: 0 });
}

test('the configuration has nothing that a gateway would warn about, and every role has a stand-in', () => {
  const chains = Object.values(loaded.options.roles ?? {}).map((route) =>
    typeof route === 'object' && 'chain' in route ? route.chain : route,
  );

  expect(warnings).toEqual([]);
  expect(chains.length).toBeGreaterThan(0);
  expect(chains.filter((chain) => [chain].flat().length < 2)).toEqual([]);
});

test('HAProxy takes its file, and can send again the longest body that a gateway takes', (context) => {
  const buffer = Number(/^\s*tune\.bufsize (\d+)$/m.exec(read('haproxy.cfg'))?.[1]);

  holds(context, 'haproxy', '-c', '-f', join(folder, 'haproxy.cfg'));

  expect(buffer).toBeGreaterThanOrEqual(settings.maxBodyBytes + 16_384);
});

test('nginx takes its file, with the same limit for bodies', (context) => {
  const file = join(scratch, 'nginx.conf');
  writeFileSync(file, read('nginx.conf').replace('/run/rolecall-nginx.pid', join(scratch, 'nginx.pid')));

  holds(context, 'nginx', '-t', '-c', file, '-p', scratch);

  expect(read('nginx.conf')).toContain(`client_max_body_size ${settings.maxBodyBytes / 1_048_576}m;`);
});

test('Prometheus takes its configuration and the alerts', (context) => {
  holds(context, 'promtool', 'check', 'config', join(folder, 'prometheus.yml'));
});

test('systemd takes the unit, which waits for streams longer than a gateway does', (context) => {
  if (spawnSync('systemd-analyze', ['--version']).error) context.skip('systemd-analyze is not installed');
  const unit = join(scratch, 'rolecall@4001.service');
  copyFileSync(join(folder, 'rolecall@.service'), unit);

  holds(context, 'systemd-analyze', 'verify', unit);

  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(read('rolecall@.service'))?.[1]) * 1_000).toBeGreaterThan(settings.drainMs);
});

test('compose: images have versions, and whatever a service names is there', () => {
  const named = services.flatMap(([, { depends_on: others = {}, volumes = [], networks = [] }]) => [
    ...(Array.isArray(others) ? (others as string[]) : Object.keys(others)).map((name) => name in compose.services),
    ...networks.map((name) => name in compose.networks),
    ...volumes.map((volume) => {
      const [from = ''] = volume.split(':');
      return from.startsWith('./') ? existsSync(join(folder, from)) : from in compose.volumes;
    }),
  ]);

  expect(named).not.toContain(false);
  expect(services.filter(([, { image, build }]) => !build && !/:v?\d[\w.-]*$/.test(image ?? ''))).toEqual([]);
  expect(Object.keys(compose.services)).toEqual(
    expect.arrayContaining(['gateway-a', 'gateway-b', 'haproxy', 'redis', 'ollama', 'prometheus', 'grafana']),
  );
});

test('compose: gateways, HAProxy and Prometheus find each other, and streams have their time', () => {
  const { 'gateway-a': gateway, haproxy } = compose.services;
  const wanted = new Set([...read('haproxy.cfg').matchAll(/\$\{(\w+)-/g)].map(([, name = '']) => name));
  const targets = [...read('prometheus.yml').matchAll(/'([\w-]+):4000'/g)].map(([, name]) => name);

  expect(Object.keys(gateway?.environment ?? {})).toEqual(expect.arrayContaining(asked));
  expect(Object.keys(haproxy?.environment ?? {}).toSorted()).toEqual([...wanted].toSorted());
  expect(targets).toEqual(['gateway-a', 'gateway-b']);
  expect(Number.parseInt(gateway?.stop_grace_period ?? '') * 1_000).toBeGreaterThan(settings.drainMs);
});

/** `[instruction, rest]`, with lines that go on put together. */
const image = read('Dockerfile')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
const instruction = (name: string): string => image.find(([found]) => found === name)?.[1] ?? '';

test('the Dockerfile installs the version there is, starts what it installs, and nobody runs it as root', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8')) as {
    version: string;
    bin: { rolecall: string };
  };
  const known = ['FROM', 'ARG', 'WORKDIR', 'RUN', 'ENV', 'USER', 'EXPOSE', 'HEALTHCHECK', 'STOPSIGNAL', 'ENTRYPOINT', 'CMD'];

  expect(image.filter(([name]) => !known.includes(name))).toEqual([]);
  expect(instruction('ARG')).toBe(`ROLECALL_VERSION=${manifest.version}`);
  expect(instruction('ENTRYPOINT')).toBe(
    JSON.stringify(['node', join('node_modules/rolecall', manifest.bin.rolecall)]).replace(',', ', '),
  );
  expect(instruction('USER')).toBe('node');
});

/** Calls of every kind: answered, streamed, fallen back, without a price. */
async function busyGateway(): Promise<TestGateway> {
  const key = 'sk-blog-0123456789abcdef';
  const made = await gatewayWith(`model_list:
  - { model_name: gpt, litellm_params: { model: openai/gpt-4.1 } }
  - { model_name: groq, litellm_params: { model: groq/llama-3.3-70b-versatile } }
  - { model_name: unpriced, litellm_params: { model: openai/gpt-nobody-knows } }
router_settings: { num_retries: 0, fallbacks: [{ gpt: [groq] }] }
general_settings:
  master_key: sk-master-0123456789
  metrics_public: true
  redis_url: redis://127.0.0.1:1
  unpriced_models: allow
  keys: [{ name: blog, key: ${key}, max_budget: 5 }]
`);
  const ask = async (model: string, stream: boolean): Promise<void> => {
    const body = { model, stream, messages: [{ role: 'user', content: 'Hello' }] };
    const answer = await made.post('/v1/chat/completions', body, { authorization: `Bearer ${key}` });
    await answer.text();
  };
  await ask('gpt', true);
  made.simulator.fault({ provider: 'openai', kind: 'status', status: 500, times: 1 });
  await ask('gpt', false);
  await ask('unpriced', false);
  return made;
}

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

test('Grafana and the alerts ask for metrics and labels that the gateway has, in words that Prometheus reads', async (context) => {
  const { panels } = JSON.parse(read('grafana/dashboard.json')) as Dashboard;
  const { groups } = parse(read('alerts.yml')) as { groups: { rules: { expr: string }[] }[] };
  const queries = [...panels.flatMap(({ targets }) => targets), ...groups.flatMap(({ rules }) => rules)].map(({ expr }) => expr);
  const busy = await busyGateway();
  const page = await (await fetch(`${busy.url}/metrics`)).text();
  await busy.close();
  const labelsOf = new Map<string, Set<string>>([['up', new Set()]]);
  for (const [, name = '', list = ''] of page.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
    const labels = labelsOf.get(name) ?? new Set();
    for (const [, label = ''] of list.matchAll(/(\w+)="/g)) labels.add(label);
    labelsOf.set(name, labels);
  }

  const wrong = queries.flatMap((query) => {
    const names = [...query.matchAll(/\b(rolecall_\w+|litellm_\w+|process_\w+|up)\b/g)].map(([name]) => name);
    const there = new Set(['instance', 'job', ...names.flatMap((name) => [...(labelsOf.get(name) ?? [])])]);
    const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
    const matched = [...query.matchAll(/[{,](\w+)(?:=|!=|=~)"/g)].map(([, label = '']) => label);
    return [...names.filter((name) => !labelsOf.has(name)), ...[...grouped, ...matched].filter((label) => !there.has(label))];
  });
  const rules = queries.map((query, index) => {
    const expr = query.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*');
    return { record: `query:${index}`, expr };
  });
  const file = join(scratch, 'queries.json');
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules }] }));

  expect(queries.length).toBeGreaterThan(35);
  expect(wrong).toEqual([]);
  holds(context, 'promtool', 'check', 'rules', '--lint=none', file);
}, 30_000);

test('the check of the image holds while a gateway lives, and fails when it does not', async () => {
  const [program = '', ...flags] = JSON.parse(instruction('HEALTHCHECK').replace(/^.*? CMD /, '')) as string[];
  const gateway = await gatewayWith();
  const check = async (): Promise<unknown> => {
    const here = flags.map((flag) => flag.replace('http://127.0.0.1:4000', gateway.url));
    const [code] = (await once(spawn(program, here, { stdio: 'ignore' }), 'exit')) as unknown[];
    return code;
  };

  const alive = await check();
  await gateway.close();

  expect([alive, await check()]).toEqual([0, 1]);
}, 30_000);

test('every file is on a page', () => {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const pages = read('index.md') + read('restate.md');

  expect(files.map(({ name }) => name).filter((name) => name !== 'index.md' && !pages.includes(name))).toEqual([]);
});
