import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeLedgerFolder } from './ledger-folder.ts';

async function place(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rolecall-ledger-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('a folder is made with those above it, for its owner alone, and one that is there stays as it is', async () => {
  const folder = join(await place(), 'a', 'b');

  await makeLedgerFolder(folder);
  await Promise.all([makeLedgerFolder(folder), makeLedgerFolder(join(folder, 'c')), makeLedgerFolder(join(folder, 'c'))]);

  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'c'))).isDirectory()).toBe(true);
});

test('a file in the way is said, with the key and the path', async () => {
  const file = join(await place(), 'file');
  await writeFile(file, '');

  await expect(makeLedgerFolder(file)).rejects.toThrow(
    `general_settings.ledger is "${file}", where no ledger can be written (EEXIST)`,
  );
  await expect(makeLedgerFolder(join(file, 'below'))).rejects.toThrow('(EEXIST)');
});

test.runIf(process.platform === 'linux')('a place where no folder can be is said, and not tried for ever', async () => {
  await expect(makeLedgerFolder('/proc/rolecall/ledger')).rejects.toThrow('where no ledger can be written (ENOENT)');
});
