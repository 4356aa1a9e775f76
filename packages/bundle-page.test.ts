import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the script of the dashboard that is served is made of its sources as they are', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'bundle-page.mjs'), '--check'], {
    encoding: 'utf8',
  });

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
