import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { rolecall } from '../test/cli.ts';

const commands = [
  'gateway',
  'check',
  'bench',
  'load',
  'report',
  'explain',
  'simulate',
  'init',
  'import-report',
  'run',
  'worker',
  'dev',
];

test('--help lists every command and every exit code, on stdout', async () => {
  const { exitCode, stdout, stderr } = await rolecall(['--help']);

  expect(exitCode).toBe(0);
  expect(stderr).toBe('');
  for (const command of commands) expect(stdout).toContain(`  ${command} `);
  expect(stdout).toMatch(/0 +fine[\s\S]*1 +[\s\S]*2 +[\s\S]*130 +interrupted/);
});

test.each(commands)('%s --help says how it is used', async (command) => {
  const { exitCode, stdout } = await rolecall([command, '--help']);

  expect(exitCode).toBe(0);
  expect(stdout).toContain(`Usage: rolecall ${command}`);
});

test.each([
  ['bench', '2m'],
  ['load', '30s'],
  ['worker', '15m'],
])('%s --help says how long things take as one would write it: %s', async (command, written) => {
  const { stdout } = await rolecall([command, '--help']);

  expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`(default: ${written})`);
});

test('nothing asked is answered with help, and exit code 2', async () => {
  const { exitCode, stderr } = await rolecall([]);

  expect(exitCode).toBe(2);
  expect(stderr).toContain('Usage: rolecall');
});

test.each([
  [['chek'], 'Did you mean check?'],
  [['check'], "missing required argument 'config'"],
  [['check', 'a.yaml', '--timeout', 'soon'], 'It is a duration such as 500ms, 30s or 2m.'],
  [['bench', 'a.yaml', '-n', '0'], 'It is a whole number of at least 1.'],
  [['bench', 'a.yaml', '--warmup', '-1'], 'It is a whole number, 0 or more.'],
  [['load', 'a.yaml', '--max-cost', 'much'], 'It is an amount in US dollars, such as 0.50.'],
  [['load', 'a.yaml', '--rps', '0'], 'It is a number above 0.'],
  [['report', 'ledger', '--fail-on-rise', 'a lot'], 'It is a part of one, such as 0.05 or 5%.'],
  [['simulate', '--ollama', '70000'], 'It is a port from 0 to 65535'],
  [['gateway'], "required option '-c, --config <file>' not specified"],
])('rolecall %j is a mistake: exit code 2, and what to do on stderr', async (argv, advice) => {
  const { exitCode, stdout, stderr } = await rolecall(argv);

  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(advice);
  expect(stderr).toContain('--help says more');
});

test.each([['check'], ['bench'], ['explain'], ['import-report'], ['load'], ['report']])(
  '%s of a file that is not there exits with 2, and names it',
  async (command) => {
    const { exitCode, stderr } = await rolecall([command, 'nowhere.yaml']);

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: nowhere\.yaml cannot be read \(ENOENT\)\. Name /);
  },
);

test('errors are coloured on a terminal, unless NO_COLOR is set', async () => {
  const coloured = await rolecall(['check', 'nowhere.yaml'], { terminal: true });
  const plain = await rolecall(['check', 'nowhere.yaml'], { terminal: true, env: { NO_COLOR: '1' } });
  const dumb = await rolecall(['check', 'nowhere.yaml'], { terminal: true, env: { TERM: 'dumb' } });

  expect(coloured.stderr).toContain('\u{1B}[31merror');
  expect([plain.stderr, dumb.stderr].join('')).not.toContain('\u{1B}');
});

test('the program loads no command before it is asked for', () => {
  const source = readFileSync(join(import.meta.dirname, 'program.ts'), 'utf8');
  const imported = [...source.matchAll(/^import .*from '([^']+)'/gm)].map(([, from]) => from);

  expect(imported).toEqual(['commander', './arguments.ts', './crew/commands.ts', './io.ts', './paint.ts', './version.ts']);
});

test('as a process it prints its version, and ends with the exit code', { timeout: 30_000 }, async () => {
  const bin = [`--conditions=@rolecall/source`, '--import', 'tsx', join(import.meta.dirname, 'bin.ts')];
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string };
  const run = promisify(execFile);

  const said = await run(process.execPath, [...bin, '--version']);
  const failed = await run(process.execPath, [...bin, 'check', 'nowhere.yaml']).catch(
    (error: { code: number; stderr: string }) => error,
  );

  expect(said.stdout).toBe(`${version}\n`);
  expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('nowhere.yaml cannot be read') as string });
});
