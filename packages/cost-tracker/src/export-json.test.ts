import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { perThousand } from './own-prices.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-cost-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the file has the summary and the rows, with exact amounts as texts', async () => {
  const tracker = new CostTracker({ prices: { m: perThousand(0.03) } });
  tracker.record({ agent: 'writer', model: 'm', inputTokens: 1, outputTokens: 0, simulated: true });
  tracker.record({ model: 'm', inputTokens: 1, outputTokens: 0, outcome: 'failed', possiblyBilled: true });
  const path = join(folder, 'deep/er/ledger.json');

  await tracker.exportJson(path);

  const file = JSON.parse(await readFile(path, 'utf8'));
  expect(file).toMatchObject({ schema: 'rolecall-ledger', version: 1, currency: 'USD' });
  expect(file.summary).toEqual(tracker.summary());
  expect(file.rows[0]).toMatchObject({ agent: 'writer', costPicodollars: '30000000', costUsd: 0.00003, simulated: true });
  expect(file.rows).toHaveLength(2);
  expect(new Date(file.exportedAt).getTime()).toBeGreaterThan(0);
});

test('an earlier file is replaced, and nothing else is left behind', async () => {
  const path = join(folder, 'ledger.json');
  await writeFile(path, 'an earlier one');

  await new CostTracker().exportJson(path);

  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ rows: [] });
  expect(await readdir(folder)).toEqual(['ledger.json']);
});

test('a link is followed, and stays one', async () => {
  const [path, link] = [join(folder, '2026-11.json'), join(folder, 'latest.json')];
  await writeFile(path, 'an earlier one');
  await symlink(path, link);

  await new CostTracker().exportJson(link);

  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ rows: [] });
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect(await readdir(folder)).toHaveLength(2);
});

test('a failed write leaves what was there, and no temporary file', async () => {
  await expect(new CostTracker().exportJson(folder)).rejects.toThrow(); // a folder cannot be replaced

  const beside = await readdir(dirname(folder));
  expect(beside.filter((name) => name.startsWith(basename(folder)))).toEqual([basename(folder)]);
});
