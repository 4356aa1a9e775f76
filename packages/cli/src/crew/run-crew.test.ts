import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { crewFolder, rolecall } from '../../test/cli.ts';
import { inProcess } from '../../test/process.ts';

// Each command is a process, which takes its time to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const cwd = join(import.meta.dirname, '../../test/crews');
const nobody = 'http://127.0.0.1:1';
let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'rolecall-run-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

test('run prints the answer on stdout, and what happens and what it cost on stderr', async () => {
  const { exitCode, stdout, stderr } = await inProcess(['run', 'blog.ts', '--input', 'topic=tea', '--follow'], { cwd });

  expect(exitCode).toBe(0);
  expect(stdout).toBe('writer on tea\n');
  expect(stderr).toMatch(
    /✓ researcher +research[\s\S]*✓ writer +write[\s\S]*Run \S+ finished: 2 tasks, 2,000 tokens in, 100 out/,
  );
  expect(stderr).not.toContain('\u{1B}');
});

test('run --json prints the whole result, and nothing of it is kept without a run id', async () => {
  const folder = await crewFolder();
  const { stdout } = await rolecall(['run', 'blog.mjs', '-i', 'topic=tea', '--json'], { cwd: folder });

  expect(JSON.parse(stdout)).toMatchObject({ text: 'writer on tea', taskOutputs: [{ name: 'research' }, { name: 'write' }] });
  expect(await readdir(folder)).toEqual(['blog.mjs']);
});

test('a run that failed exits with 1, and the same run id goes on where it ended', async () => {
  const calls = join(scratch, 'calls');
  const argv = ['run', join(cwd, 'blog.ts'), '--input', 'topic=tea', '--run-id', 'order-42'];

  const failed = await inProcess(argv, { cwd: scratch, env: { CALLS: calls, FAILS_AT: 'writer' } });
  const resumed = await inProcess(argv, { cwd: scratch, env: { CALLS: calls } });
  const again = await inProcess(argv, { cwd: scratch, env: { CALLS: calls } });

  expect(failed).toMatchObject({ exitCode: 1, stdout: '' });
  expect(failed.stderr).toMatch(/The key is not valid\nSpent: 1,000 tokens in, 50 out.*\n.*--run-id order-42 with the same/);
  expect([resumed, again]).toMatchObject([
    { exitCode: 0, stdout: 'writer on tea\n' },
    { exitCode: 0, stdout: 'writer on tea\n' },
  ]);
  expect(await readFile(calls, 'utf8')).toBe('researcher\nwriter\nwriter\n');
});

test.each<[string, readonly string[], string]>([
  ['a file that is not there', ['nowhere.ts'], 'There is no file nowhere.ts'],
  ['an input without a value', ['blog.ts', '--input', 'topic'], 'It is a name and a value, such as topic=tea.'],
  ['an input given twice', ['blog.ts', '-i', 'topic=a', '-i', 'topic=b'], '"topic" is given twice'],
  ['an option of durable runs alone', ['blog.ts', '--detach'], 'together with --durable'],
  ['a journal for a durable run', ['blog.ts', '--durable', '--journal', 'x'], 'is kept by its server'],
])('%s exits with 2, and says what to do', async (_, argv, words) => {
  const { exitCode, stdout, stderr } = await rolecall(['run', ...argv], { cwd });

  expect(stderr).toContain(words);
  expect(stdout).toBe('');
  expect(exitCode).toBe(2);
});

test.each<[string, readonly string[], string]>([
  ['a missing input', [], 'no input for "topic" (in the description of task "research")'],
  ['a run id that names no folder', ['-i', 'topic=a', '--run-id', '../x'], 'runId is "../x"'],
  ['a server that is not there', ['-i', 'topic=a', '--ingress', nobody], '"rolecall dev --durable blog.mjs" starts'],
  ['an address that is none', ['-i', 'topic=a', '--ingress', 'x'], 'ingress is "x"'],
])('%s exits with 2 when the crew is known, and says what to do', async (_, argv, words) => {
  const { exitCode, stdout, stderr } = await rolecall(['run', 'blog.mjs', ...argv], { cwd: await crewFolder() });

  expect(stderr).toContain(words);
  expect(stdout).toBe('');
  expect(exitCode).toBe(2);
});

test('a module without a crew, or that throws, is said to be so', async () => {
  await writeFile(join(scratch, 'factory.mjs'), 'export const makeCrew = () => {};\n');
  await writeFile(join(scratch, 'broken.mjs'), 'const key = undefined;\nkey.length;\n');

  const factory = await inProcess(['run', 'factory.mjs'], { cwd: scratch });
  const broken = await inProcess(['run', 'broken.mjs'], { cwd: scratch });

  expect(factory).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('No export of factory.mjs is a crew (there are: makeCrew)') as string,
  });
  expect(broken).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/broken\.mjs cannot be loaded: TypeError[\s\S]*broken\.mjs:2/) as string,
  });
});
