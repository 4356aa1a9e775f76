import files, { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fileJournal } from './journal/file-journal.ts';
import { makeFolder } from './make-folder.ts';
import { writeOutput } from './output-file.ts';

test('a folder is made with those above it, by several at once too, and one that is there stays as it is', async () => {
  const root = await mkdtemp(join(tmpdir(), 'rolecall-folder-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const folder = join(root, 'a', 'b');

  await Promise.all([makeFolder(folder, 0o700), makeFolder(folder, 0o700), makeFolder(join(folder, 'c'), 0o700)]);
  await makeFolder(folder);

  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'c'))).isDirectory()).toBe(true);
});

test('a file that is above it is said', async () => {
  const root = await mkdtemp(join(tmpdir(), 'rolecall-folder-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'file'), '');

  await expect(makeFolder(join(root, 'file', 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.runIf(process.platform === 'linux')('where no folder can be made, nobody tries for ever', async () => {
  const place = { root: '/proc/rolecall/answers', path: 'x.md', createFolder: true };

  await expect(fileJournal('/proc/rolecall/runs').open('run')).rejects.toMatchObject({ code: 'not_written' });
  await expect(writeOutput(place, 'text')).rejects.toMatchObject({ code: 'ENOENT' });
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
