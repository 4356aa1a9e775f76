/** What people type: `rolecall worker`, `run` and `dev`, as processes, with a real server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sources, startProcess, type CliProcess } from '../../cli/test/process.ts';
import { startModel, type CountingModel } from './counting-model.ts';
import { binary, endAll, programs, startServer, type ServerProgram } from './processes.ts';

let model: CountingModel;
let server: ServerProgram;
const running: CliProcess[] = [];

interface Files {
  readonly crewFile: string;
  readonly cwd: string;
  readonly program: readonly string[];
}

/** A crew of the suite, and the command line in its bundle. */
const inBundle: Files = { crewFile: 'cli-crew.js', cwd: programs, program: [join(programs, 'rolecall.js')] };
/** As people have them who write TypeScript. */
const inSources: Files = { crewFile: 'cli-crew.ts', cwd: import.meta.dirname, program: sources };

function start(argv: readonly string[], name: string, { cwd, program } = inBundle): CliProcess {
  const started = startProcess(argv, { cwd, program, env: { MODEL_URL: model.url, CREW_NAME: name } });
  running.push(started);
  return started;
}

function run(runId: string, argv: readonly string[] = [], crew = runId, files = inBundle): CliProcess {
  const { ingress, admin } = server;
  const where = ['--ingress', ingress, '--admin', admin];
  return start(['run', files.crewFile, ...where, '-i', 'topic=tea', '--run-id', runId, ...argv], crew, files);
}

async function startWorker(name: string, argv: readonly string[] = [], files = inBundle): Promise<CliProcess> {
  const worker = start(['worker', files.crewFile, '--port', '0', '--register', server.admin, ...argv], name, files);
  await worker.said('Registered');
  return worker;
}

const devWith = (folder: string): readonly string[] =>
  `dev --durable cli-crew.js --port 0 --ingress-port 0 --admin-port 0 --base-dir ${folder}`.split(' ');

async function stopped(worker: CliProcess): Promise<number> {
  worker.signal('SIGTERM');
  return (await worker.ended).exitCode;
}

describe.skipIf(!binary)('the command line with a real server', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    [model, server] = await Promise.all([startModel(), startServer()]);
  }, 60_000);
  afterAll(async () => {
    for (const each of running) each.signal('SIGKILL');
    await endAll();
    model.close();
  });
  beforeEach(() => {
    model.counts.clear();
    model.calls.length = 0;
    model.latencyMs = 20;
    model.before = () => undefined;
    model.status = () => 200;
  });

  test('run --follow prints the events, the answer and the cost, and the same id is the same run', async () => {
    const worker = await startWorker('followed', [], inSources);

    const first = await run('followed', ['--follow', '--tenant', 'acme'], 'followed', inSources).ended;
    const again = await run('followed', ['--json']).ended;

    expect(first).toMatchObject({ exitCode: 0, stdout: 'edit for followed\n' });
    expect(first.stderr).toMatch(
      /✓ research[\s\S]*✓ write[\s\S]*✓ edit[\s\S]*Run followed finished: 3 tasks, 40 tokens in, 4 out/,
    );
    expect(JSON.parse(again.stdout)).toMatchObject({ runId: 'followed', text: 'edit for followed' });
    expect(model.calls).toHaveLength(5);
    expect(await stopped(worker)).toBe(0);
  });

  test('a worker that is told to stop ends its call, and another goes on with the run: no call is made twice', async () => {
    const first = await startWorker('handed');
    const [, port = ''] = /127\.0\.0\.1:(\d+) \(press/.exec(await first.said('press')) ?? [];
    model.latencyMs = 1_500;
    const followed = run('handed', ['--follow']);
    await expect.poll(() => model.calls.length, { timeout: 30_000 }).toBe(1);

    const [code] = await Promise.all([stopped(first), first.said('Stopping')]);
    const atStop = model.calls.length;
    model.latencyMs = 20;
    const second = await startWorker('handed', ['--port', port]);
    const { exitCode, stdout, stderr } = await followed.ended;

    expect(code).toBe(0);
    expect(atStop).toBe(1);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'edit for handed\n' });
    expect(stderr).not.toContain('possibly billed');
    expect([...model.counts.values()].every((count) => count === 1)).toBe(true);
    expect(model.calls).toHaveLength(5);
    await stopped(second);
  });

  test('a run that fails exits with 1, with what was spent, and Ctrl-C leaves a run going on', async () => {
    const worker = await startWorker('failing');
    model.status = ({ key }) => (key.startsWith('failing write') ? 401 : 200);
    const failed = await run('failing').ended;
    model.status = () => 200;
    model.latencyMs = 1_500;
    const left = run('left', ['--follow'], 'failing');
    await expect.poll(() => model.calls.some(({ key }) => key.startsWith('left ')), { timeout: 30_000 }).toBe(true);
    left.signal('SIGINT');
    const interrupted = await left.ended;
    model.latencyMs = 20;
    const found = await run('left', [], 'failing').ended;

    expect(failed).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failed.stderr).toMatch(/The key is not valid\nSpent: 20 tokens in, 2 out/);
    expect(interrupted).toMatchObject({
      exitCode: 130,
      stderr: expect.stringContaining('The run goes on. Follow it: ') as string,
    });
    expect(found).toMatchObject({ exitCode: 0, stdout: 'edit for left\n' });
    await stopped(worker);
  });

  test('a crew that nobody serves, and one that has changed, exit with 2', async () => {
    const unknown = await run('unserved').ended;
    const worker = await startWorker('blog');
    const other = ['run', '../../cli/test/crews/blog.ts', '--ingress', server.ingress, '--admin', server.admin];
    const changed = await start([...other, '-i', 'topic=tea', '--follow'], 'blog', inSources).ended;

    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
    expect(unknown.stderr).toContain('rolecall worker cli-crew.js --register');
    expect(changed).toMatchObject({ exitCode: 2, stdout: '' });
    expect(changed.stderr).toMatch(/Crew "blog" of this worker is not that of the client, by .*task "edit"/);
    await stopped(worker);
  });

  test('dev starts a server and a worker, ends both, and its runs are there at the next start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rolecall-dev-'));
    const argv = devWith(folder);
    const begun = start(argv, 'dev');
    const [, typed = ''] = /rolecall (run .*) --follow/.exec(await begun.said('--follow')) ?? [];
    const words = typed.replace('topic=…', 'topic=tea').split(' ');

    const ran = await start([...words, '--run-id', 'kept'], 'dev').ended;
    const code = await stopped(begun);
    const address = words[words.indexOf('--admin') + 1] ?? '';
    const gone = await fetch(`${address}/health`).catch((error: unknown) => error);
    const next = start(argv, 'dev');
    const [, again = ''] = /rolecall (run .*) --follow/.exec(await next.said('--follow')) ?? [];
    const kept = await start([...again.replace('topic=…', 'topic=tea').split(' '), '--run-id', 'kept'], 'dev').ended;

    expect(ran).toMatchObject({ exitCode: 0, stdout: 'edit for kept\n' });
    expect(code).toBe(0);
    expect(gone).toBeInstanceOf(TypeError);
    expect(kept).toMatchObject({ exitCode: 0, stdout: 'edit for kept\n' });
    expect(model.calls).toHaveLength(5);
    expect(await stopped(next)).toBe(0);
    await rm(folder, { recursive: true, force: true });
  });

  test('dev that is killed leaves no server behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rolecall-dev-'));
    const begun = start(devWith(folder), 'dev');
    const [, admin = ''] = /its page at (\S+),/.exec(await begun.said('--follow')) ?? [];
    const health = (): Promise<boolean> =>
      fetch(`${admin}/health`).then(
        ({ ok }) => ok,
        () => false,
      );

    const before = await health();
    begun.signal('SIGKILL');

    expect(before).toBe(true);
    await expect.poll(health, { timeout: 30_000 }).toBe(false);
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }); // it is still writing down what it knows
  });
});
