/** The commands that ask no model, or only start something. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CostTracker } from '@rolecall/cost-tracker';
import { beforeAll, expect, test, vi } from 'vitest';
import { guideConfig, rolecall, start } from '../test/cli.ts';

// Commands load their code when they are asked, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const env = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', GROQ_API_KEY: 'k' };
let cwd = '';

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'rolecall-cli-'));
  await writeFile(
    join(cwd, 'guide.yaml'),
    guideConfig(
      'roles: { writer: [claude-sonnet, gpt-4] }\nlitellm_settings: { drop_params: true, callbacks: [langfuse] }\nrouter_setings: {}\n',
    ),
  );
  await writeLedger('before', 1_000);
  await writeLedger('after', 2_000);
});

async function writeLedger(name: string, inputTokens: number): Promise<void> {
  const tracker = new CostTracker({ ledger: join(cwd, name) });
  tracker.record({ agent: 'writer', model: 'openai/gpt-4', workflow: 'post-1', inputTokens, outputTokens: 100, latencyMs: 900 });
  await tracker.flush();
}

test('report prints the tables of a ledger', async () => {
  const { exitCode, stdout } = await rolecall(['report', 'before', '--baseline', 'openai/gpt-4'], { cwd });

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/Overall[\s\S]*Cost +0\.036 USD[\s\S]*By agent[\s\S]*writer[\s\S]*Baseline: openai\/gpt-4/);
});

test('report writes a page, the rows and JSON', async () => {
  const { exitCode, stdout, stderr } = await rolecall(
    ['report', 'before', '--html', 'report.html', '--csv', 'rows.csv', '--json'],
    { cwd },
  );

  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ requests: 1, costUsd: 0.036 });
  expect(stderr).toContain('report.html');
  expect(await readFile(join(cwd, 'report.html'), 'utf8')).toContain('<title>Cost report of before</title>');
  expect(await readFile(join(cwd, 'rows.csv'), 'utf8')).toMatch(/^id,[\s\S]*writer/);
});

test.runIf(process.platform === 'linux')('a place where no folder can be made is named, and not tried for ever', async () => {
  const { exitCode, stderr } = await rolecall(['init', '/proc/rolecall/demo'], { cwd });

  expect(exitCode).toBe(2);
  expect(stderr).toContain('/proc/rolecall/demo cannot be written (ENOENT)');
});

test('a place where nothing can be written is named', async () => {
  await writeFile(join(cwd, 'a-file'), '');

  const page = await rolecall(['report', 'before', '--html', 'a-file/report.html'], { cwd });
  const project = await rolecall(['init', 'a-file/demo'], { cwd });

  expect(page).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('a-file/report.html cannot be written') as string });
  expect(project).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('a-file/demo cannot be written') as string });
});

test('report --diff exits with 1 when the cost rose, and with 0 while it rose no further than allowed', async () => {
  const risen = await rolecall(['report', 'after', '--diff', 'before'], { cwd });
  const allowed = await rolecall(['report', 'after', '--diff', 'before', '--fail-on-rise', '90%', '--runs-per-day', '200'], {
    cwd,
  });
  const fallen = await rolecall(['report', 'before', '--diff', 'after'], { cwd });

  expect([risen.exitCode, allowed.exitCode, fallen.exitCode]).toEqual([1, 0, 0]);
  expect(risen.stdout).toContain('Before and after');
  expect(allowed.stdout).toContain('Per day (200 runs)');
});

test('report refuses a baseline that nobody has a price for', async () => {
  const { exitCode, stdout, stderr } = await rolecall(['report', 'before', '--baseline', 'nomodel'], { cwd });

  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain('--baseline: no price is known for "nomodel". Name a model with a list price, such as openai/gpt-4.');
});

test('report refuses what is no ledger, on either side, and takes an empty one for what it is', async () => {
  await writeFile(join(cwd, 'package.json'), '{\n  "name": "demo"\n}\n');
  await writeFile(join(cwd, 'newer.jsonl'), '{"v":2}\n');
  await mkdir(join(cwd, 'no-ledger'));
  await mkdir(join(cwd, 'empty'));
  await writeFile(join(cwd, 'empty', '2026-11-23T06-00-00.000Z-4711-0123abcd-0001.jsonl'), '{"v":1,"id"');
  const report = (...names: string[]): ReturnType<typeof rolecall> => rolecall(['report', ...names], { cwd });

  const refused = [
    await report('package.json'),
    await report('newer.jsonl'),
    await report('no-ledger'),
    await report('no-ledger', '--diff', 'before', '--fail-on-rise', '5%'),
    await report('before', '--diff', 'no-ledger'),
  ];
  const empty = await report('empty');

  expect(refused.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(refused.map(() => [2, '']));
  expect(refused.map(({ stderr }) => stderr)).toEqual([
    expect.stringMatching(/package\.json is no ledger: none of its 3 lines is a row\. Name the folder/),
    expect.stringMatching(/newer\.jsonl was written by a newer version/),
    expect.stringMatching(/no-ledger is no ledger: it has no rows\. Name the folder/),
    expect.stringMatching(/no-ledger is no ledger/),
    expect.stringMatching(/no-ledger is no ledger/),
  ]);
  expect(empty).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('0.00 USD') as string });
});

test('report wants a ledger to compare with before it compares', async () => {
  const { exitCode, stderr } = await rolecall(['report', 'after', '--runs-per-day', '200'], { cwd });

  expect(exitCode).toBe(2);
  expect(stderr).toContain('--diff');
});

test('explain says who would be asked for a role, and asks nobody', async () => {
  const { exitCode, stdout } = await rolecall(['explain', 'guide.yaml', '--role', 'writer'], { cwd, env });
  const json = await rolecall(['explain', 'guide.yaml', '--role', 'writer', '--json'], { cwd, env });

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^role "writer": claude-sonnet would be asked\n {2}1\. claude-sonnet\n[\s\S]*2\. gpt-4, if that fails/);
  expect(JSON.parse(json.stdout)).toMatchObject({
    role: 'writer',
    chain: [{ name: 'claude-sonnet', pick: true }, { name: 'gpt-4' }],
  });
});

test('explain exits with 1 when nobody can be asked', async () => {
  const { exitCode, stdout } = await rolecall(['explain', 'guide.yaml', '--role', 'singer'], { cwd, env });

  expect(exitCode).toBe(1);
  expect(stdout).toContain('nobody would be asked');
});

test('explain says that the default role stands in for one that is not there', async () => {
  await writeFile(join(cwd, 'default.yaml'), guideConfig('roles: { writer: [claude-sonnet], default: [gpt-4] }\n'));

  const unknown = await rolecall(['explain', 'default.yaml', '--role', 'wrter'], { cwd, env });
  const known = await rolecall(['explain', 'default.yaml', '--role', 'writer'], { cwd, env });

  expect(unknown).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('gpt-4 would be asked') as string });
  expect(unknown.stderr).toBe(
    'warning: there is no role "wrter" in the file, so "default" stands in; there are: writer, default. Did you mean "writer"?\n',
  );
  expect(known.stderr).toBe('');
});

test('import-report has a role that is just a list', async () => {
  await writeFile(join(cwd, 'list.yaml'), guideConfig('roles: { writer: [claude-sonnet] }\n'));

  const { stdout } = await rolecall(['import-report', 'list.yaml', '--json'], { cwd, env });

  expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ key: 'roles.writer', treatment: 'honoured' }));
});

test('import-report says what becomes of every key', async () => {
  const { exitCode, stdout } = await rolecall(['import-report', 'guide.yaml'], { cwd, env });
  const strict = await rolecall(['import-report', 'guide.yaml', '--strict', '--json'], { cwd, env });

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /honoured \(\d+\)[\s\S]*model_list\[0\]\.litellm_params\.model[\s\S]*drop_params[\s\S]*ignored \(1\)[\s\S]*callbacks[\s\S]*unknown \(1\)[\s\S]*router_setings\n +.*router_settings/,
  );
  expect(strict.exitCode).toBe(1);
  expect(JSON.parse(strict.stdout)).toContainEqual(expect.objectContaining({ key: 'router_setings', treatment: 'unknown' }));
});

test('simulate prints what to export, answers there, and ends with 0', async () => {
  const running = start(['simulate', '--openai', '0', '--anthropic', '0', '--groq', '0', '--ollama', '0', '--down', 'groq']);
  const stdout = await running.said('OLLAMA_HOST');
  const urls = Object.fromEntries(
    [...stdout.matchAll(/(\w+_(?:BASE_URL|HOST))=(\S+)/g)].map(([, name, url]) => [name, url ?? '']),
  );

  const ollama = await fetch(`${urls['OLLAMA_HOST']}/api/tags`);
  const openai = await fetch(`${urls['OPENAI_BASE_URL']}/models`, { headers: { authorization: 'Bearer simulated' } });
  const groq = await fetch(`${urls['GROQ_BASE_URL']}/openai/v1/models`).catch((error: unknown) => error);
  running.stop();

  expect([ollama.status, openai.status]).toEqual([200, 200]);
  expect(groq).toBeInstanceOf(TypeError);
  expect((await running.ended).exitCode).toBe(0);
});

test('simulate says which port is taken, and what to do', async () => {
  const first = start(['simulate', '--openai', '0', '--anthropic', '0', '--groq', '0', '--ollama', '0']);
  const [, taken = ''] = /OLLAMA_HOST=\S+:(\d+)/.exec(await first.said('OLLAMA_HOST')) ?? [];

  const second = await rolecall(['simulate', '--openai', '0', '--anthropic', '0', '--groq', '0', '--ollama', taken]);
  const unknown = await rolecall(['simulate', '--down', 'mistral']);
  first.stop();
  await first.ended;

  expect(second).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`Port ${taken} is taken. Choose another with --ollama <port>`) as string,
  });
  expect(unknown).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--down takes openai, anthropic, groq, ollama') as string,
  });
});

test('init writes a project with all its parts, and tells the next step', async () => {
  const { exitCode, stdout } = await rolecall(['init', 'My Crew!'], { cwd });

  const at = (file: string): string => join(cwd, 'My Crew!', file);
  const manifest = JSON.parse(await readFile(at('package.json'), 'utf8')) as {
    name: string;
    dependencies: Record<string, string>;
  };
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/cd 'My Crew!'\n +npm install\n +npm start\n/);
  expect(manifest.name).toBe('my-crew');
  expect(manifest.dependencies['@rolecall/core']).toMatch(/^\^\d+\.\d+\.\d+$/);
  for (const file of [
    'crew.ts',
    'main.ts',
    'backends.ts',
    'rolecall.yaml',
    'crew.test.ts',
    'README.md',
    'tsconfig.json',
    '.gitignore',
  ])
    expect(existsSync(at(file)), file).toBe(true);
});

test('init does not write into what is not empty', async () => {
  await mkdir(join(cwd, 'full'));
  await writeFile(join(cwd, 'full', 'mine.txt'), 'mine');

  const { exitCode, stderr } = await rolecall(['init', 'full'], { cwd });

  expect(exitCode).toBe(2);
  expect(stderr).toContain('full is not empty, and nothing was written');
  expect(existsSync(join(cwd, 'full', 'package.json'))).toBe(false);
});

test('the project that init writes runs without a key, and its own test passes', { timeout: 60_000 }, async () => {
  const template = join(import.meta.dirname, '../template');
  const node = [`--conditions=@rolecall/source`, '--import', import.meta.resolve('tsx')];
  const { OPENAI_API_KEY: _, ANTHROPIC_API_KEY: __, GROQ_API_KEY: ___, ...without } = process.env;
  const run = promisify(execFile);

  const [started, tested] = await Promise.all([
    run(process.execPath, [...node, join(template, 'main.ts'), 'folding bicycles'], { cwd, env: without }),
    run(process.execPath, [...node, '--test', join(template, 'crew.test.ts')], { cwd, env: without }),
  ]);

  expect(started.stdout).toContain('A post about "folding bicycles". A simulator answers');
  expect(started.stdout).toMatch(/write by the writer, answered by anthropic\S*\/claude-sonnet-5/);
  expect(await readFile(join(cwd, 'out/post.md'), 'utf8')).toContain('folding bicycles');
  expect(tested.stdout).toMatch(/(#|ℹ) pass 1/);
});
