import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { rolecall } from '../../test/cli.ts';

const folder = join(import.meta.dirname, '../../../../docs/deploy/restate');
const scratch = mkdtempSync(join(tmpdir(), 'rolecall-units-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const unit = readFileSync(join(folder, 'crew@.service'), 'utf8');

test('systemd takes the units of the server and of a worker', (context) => {
  if (spawnSync('systemd-analyze', ['--version']).error) context.skip('systemd-analyze is not installed');
  const [server, worker] = [join(scratch, 'restate.service'), join(scratch, 'crew@9080.service')];
  copyFileSync(join(folder, 'restate.service'), server);
  copyFileSync(join(folder, 'crew@.service'), worker);

  const { status, stderr } = spawnSync('systemd-analyze', ['verify', server, worker], { encoding: 'utf8' });

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('the unit of a worker has options that there are, and waits longer than its calls may take', async () => {
  const { stdout } = await rolecall(['worker', '--help']);
  const [, command = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
  const options = command.match(/--[\w-]+/g) ?? [];

  expect(options).toEqual(['--port', '--grace', '--register']);
  expect(options.filter((option) => !stdout.includes(option))).toEqual([]);
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(Number(/--grace (\d+)s/.exec(command)?.[1]));
});
