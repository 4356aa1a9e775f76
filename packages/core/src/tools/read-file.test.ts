import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ToolResult } from '../tool.ts';
import { readFile, type ReadFileOptions } from './read-file.ts';

let home: string;
let folder: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'rolecall-read-'));
  folder = join(home, 'texts');
  mkdirSync(join(folder, 'deep'), { recursive: true });
  mkdirSync(join(home, 'texts-secret'));
  writeFileSync(join(home, 'secret.txt'), 'SECRET');
  writeFileSync(join(home, 'texts-secret/secret.txt'), 'SECRET');
  writeFileSync(join(folder, 'tea.txt'), 'Grüner Tee');
  writeFileSync(join(folder, 'deep/note.md'), '# Note');
  writeFileSync(join(folder, 'large.txt'), 'x'.repeat(2_000));
  writeFileSync(join(folder, 'picture.png'), Buffer.from([0x89, 0x50, 0xff, 0xfe]));
  writeFileSync(join(folder, '..odd.txt'), 'odd');
  symlinkSync(join(home, 'secret.txt'), join(folder, 'link.txt'));
  symlinkSync(home, join(folder, 'up'));
  symlinkSync('tea.txt', join(folder, 'inner.txt'));
  symlinkSync('loop', join(folder, 'loop'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

function read(path: string, options: Partial<ReadFileOptions> = {}): Promise<ToolResult> {
  const context = { signal: new AbortController().signal } as Parameters<ReturnType<typeof readFile>['call']>[1];
  return readFile({ folder, ...options }).call(JSON.stringify({ path }), context);
}

test.each([
  ['tea.txt', 'Grüner Tee'],
  ['./deep/../tea.txt', 'Grüner Tee'],
  ['deep/note.md', '# Note'],
  ['inner.txt', 'Grüner Tee'],
  ['..odd.txt', 'odd'],
])('%s is read', async (path, text) => {
  expect(await read(path)).toMatchObject({ content: text, isError: false });
});

test('an absolute path is read if it is inside', async () => {
  expect(await read(join(folder, 'tea.txt'))).toMatchObject({ content: 'Grüner Tee' });
});

test.each([
  '../secret.txt',
  'deep/../../secret.txt',
  '../texts-secret/secret.txt',
  '/etc/passwd',
  'link.txt',
  'up/secret.txt',
  'up/texts-secret/secret.txt',
  'deep/../up/secret.txt',
  'tea.txt\0.md',
  '..',
  'up',
])('%j is outside', async (path) => {
  const { content, isError } = await read(path);

  expect(isError).toBe(true);
  expect(content).toContain('is outside of the folder that may be read');
  expect(content).not.toContain('SECRET');
});

test.each([
  ['none.txt', 'there is no file none.txt'],
  ['loop', 'there is no file loop'],
  ['large.txt', 'larger than the 1000 bytes'],
  ['picture.png', 'not a text in UTF-8'],
  ['pipe', 'neither a file nor a folder'],
  ['', 'expected a text'],
])('%j is refused, and the model told why', async (path, reason) => {
  const result = await read(path, { maxBytes: 1_000 });

  expect(result).toMatchObject({ isError: true, content: expect.stringContaining(reason) });
});

test('a folder gives its names', async () => {
  const { content } = await read('.');

  expect(content).toContain('. is a folder. It holds:\n..odd.txt\ndeep/\ninner.txt');
});

test('a file that is swapped for a link to the outside, again and again, never gives what is outside', async () => {
  const target = join(folder, 'swapped.txt');
  const done = new AbortController();
  const swapper = (async () => {
    for (let turn = 0; !done.signal.aborted; turn++) {
      const draft = join(folder, 'draft');
      rmSync(draft, { force: true });
      if (turn % 2 === 0) symlinkSync(join(home, 'secret.txt'), draft);
      else writeFileSync(draft, 'ours');
      renameSync(draft, target);
      await new Promise(setImmediate);
    }
  })();

  const contents: string[] = [];
  for (let turn = 0; turn < 300; turn++) contents.push((await read('swapped.txt')).content);
  done.abort();
  await swapper;

  expect(contents.filter((content) => content.includes('SECRET'))).toEqual([]);
});

test('a relative folder is the one of the moment the tool was made', async () => {
  expect(await read('tea.txt', { folder: join(folder, 'deep/..') })).toMatchObject({ content: 'Grüner Tee' });
});

test.each<[Record<string, unknown>, string]>([
  [{}, 'folder is undefined'],
  [{ folder: '' }, 'folder is ""'],
  [{ folder: 'x', maxBytes: 1.5 }, 'maxBytes is 1.5'],
  [{ folder: 'x', name: 'read file' }, 'name is "read file"'],
])('%j is refused when the tool is made', (options, reason) => {
  expect(() => readFile(options as unknown as ReadFileOptions)).toThrow(TypeError);
  expect(() => readFile(options as unknown as ReadFileOptions)).toThrow(reason);
});
