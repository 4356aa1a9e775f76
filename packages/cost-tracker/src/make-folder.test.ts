import files, { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { Segments } from './ledger-file/segments.ts';
import { makeFolder, makeFolderNow } from './make-folder.ts';

test.each([
  ['with others', makeFolder],
  ['in one step', async (folder: string, mode: number) => makeFolderNow(folder, mode)],
])('a folder is made with those above it, %s, unless a file is in the way', async (_, make) => {
  const root = await mkdtemp(join(tmpdir(), 'rolecall-folder-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const folder = join(root, 'a', 'b');
  await writeFile(join(root, 'file'), '');

  await Promise.all([make(folder, 0o700), make(folder, 0o700)]);

  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  await expect(make(join(root, 'file', 'a', 'b'), 0o700)).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.runIf(process.platform === 'linux')('where no folder can be made, nobody tries for ever', async () => {
  const segments = new Segments('/proc/rolecall/ledger', 1_000);

  await expect(segments.append([Buffer.from('row')])).rejects.toMatchObject({ code: 'ENOENT' });
  expect(() => segments.appendSync([Buffer.from('row')])).toThrow('ENOENT');
  await expect(new CostTracker().exportCsv('/proc/rolecall/rows.csv')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('nothing is asked of what is above: under `node --permission` that would be refused', async () => {
  const root = await mkdtemp(join(tmpdir(), 'rolecall-folder-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const access = vi.spyOn(files, 'access');
  onTestFinished(() => access.mockRestore());

  await makeFolder(join(root, 'new'), 0o700);

  expect((await stat(join(root, 'new'))).isDirectory()).toBe(true);
  expect(access).not.toHaveBeenCalled();
});
