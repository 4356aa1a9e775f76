import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMemory, type MemoryOptions } from './create-memory.ts';

let folder: string;
let file: string;
let count = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-memory-'));
});
beforeEach(() => {
  count += 1;
  file = join(folder, `${count}.jsonl`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('in this process', () => {
  test('a note is found by its words, with its task and role', async () => {
    const memory = createMemory();
    await memory.remember({ text: 'The client dislikes purple.', task: 'brief', role: 'analyst' });
    await memory.remember({ text: 'Invoices go out on Mondays.' });

    const found = await memory.recall('Choose colours for the client');

    expect(found).toEqual([{ text: 'The client dislikes purple.', task: 'brief', role: 'analyst' }]);
  });

  test('the oldest notes are forgotten beyond the limit, and the same note again is the same note', async () => {
    const memory = createMemory({ maxNotes: 3 });
    for (const number of ['one', 'two', 'three', 'one', 'four']) await memory.remember({ text: `tea ${number}` });

    const found = await memory.recall('tea', { limit: 10 });

    expect(found.map(({ text }) => text).toSorted()).toEqual(['tea four', 'tea one', 'tea three']);
  });

  test('of a long text the beginning is kept, and no character is cut in two', async () => {
    const memory = createMemory({ maxNoteCharacters: 6 });
    await memory.remember({ text: 'tea 🍵🍵🍵' });

    expect(await memory.recall('tea')).toEqual([{ text: 'tea 🍵…' }]);
  });

  test('ten thousand notes leave no more than the limit', { timeout: 20_000 }, async () => {
    const memory = createMemory({ maxNotes: 50 });
    for (let index = 0; index < 10_000; index++) await memory.remember({ text: `tea ${index}` });

    expect(await memory.recall('tea', { limit: 1_000 })).toHaveLength(50);
  });

  test('by meaning, with vectors', async () => {
    const memory = createMemory({ embed: async (texts) => texts.map((text) => (/cat|kitten/.test(text) ? [1, 0] : [0, 1])) });
    await memory.remember({ text: 'a kitten' });
    await memory.remember({ text: 'a stone' });

    expect(await memory.recall('cat')).toEqual([{ text: 'a kitten' }]);
  });

  test('an abort ends a recall', async () => {
    const memory = createMemory();

    await expect(memory.recall('tea', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  test('a note without text is refused', async () => {
    await expect(createMemory().remember({ text: '' })).rejects.toThrow('remember: text is ""');
  });
});

describe('in a file', () => {
  test('what was remembered is recalled after a restart; only its owner can read it', async () => {
    await createMemory({ file }).remember({ text: 'The client dislikes purple.', task: 'brief' });

    const found = await createMemory({ file }).recall('purple');

    expect(found).toEqual([{ text: 'The client dislikes purple.', task: 'brief' }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('a last line torn anywhere loses that note alone, and the next one is whole', async () => {
    await createMemory({ file }).remember({ text: 'tea one' });
    const whole = statSync(file).size;
    await createMemory({ file }).remember({ text: 'tea two' });
    const bytes = readFileSync(file);

    for (let length = whole; length < bytes.length; length++) {
      writeFileSync(file, bytes);
      truncateSync(file, length);
      const memory = createMemory({ file });
      await memory.remember({ text: 'tea three' });
      const found = await createMemory({ file }).recall('tea', { limit: 10 });
      expect(found.map(({ text }) => text).toSorted()).toEqual(['tea one', 'tea three']);
    }
  });

  test('a line that is no note is named, and nothing is overwritten', async () => {
    const content = '{"text":"tea"}\nnonsense\n';
    writeFileSync(file, content);
    const memory = createMemory({ file });

    await expect(memory.recall('tea')).rejects.toThrow(`${file}:2 is not a note`);
    await expect(memory.remember({ text: 'more' })).rejects.toThrow(`${file}:2 is not a note`);
    expect(readFileSync(file, 'utf8')).toBe(content);
  });

  test('a file that someone else has written to is not written to', async () => {
    const memory = createMemory({ file });
    await memory.remember({ text: 'tea one' });
    appendFileSync(file, '{"text":"theirs"}\n');

    await expect(memory.remember({ text: 'tea two' })).rejects.toThrow('changed by someone else');
  });

  test('notes that are remembered at once are all kept, whole', async () => {
    const memory = createMemory({ file });

    await Promise.all(Array.from({ length: 50 }, (_, index) => memory.remember({ text: `tea ${index}` })));

    expect(await createMemory({ file }).recall('tea', { limit: 100 })).toHaveLength(50);
  });

  test('the file is rewritten before it holds more than twice what is kept', async () => {
    const memory = createMemory({ file, maxNotes: 5 });
    for (let index = 0; index < 40; index++) {
      await memory.remember({ text: `tea ${index}` });
      expect(readFileSync(file, 'utf8').split('\n').length - 1).toBeLessThanOrEqual(10);
    }

    const found = await createMemory({ file, maxNotes: 5 }).recall('tea', { limit: 10 });

    expect(found.map(({ text }) => text).toSorted()).toEqual(['tea 35', 'tea 36', 'tea 37', 'tea 38', 'tea 39']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('a folder that is missing is told, and the memory goes on once it is there', async () => {
    const memory = createMemory({ file: join(folder, 'missing/notes.jsonl') });

    await expect(memory.remember({ text: 'tea' })).rejects.toThrow('ENOENT');
    expect(await memory.recall('tea')).toEqual([]);
  });
});

test.each<[Record<string, unknown>, string]>([
  [{ file: '' }, 'file is ""'],
  [{ maxNotes: 0 }, 'maxNotes is 0'],
  [{ maxNoteCharacters: -1 }, 'maxNoteCharacters is -1'],
  [{ embed: 5 }, 'embed is 5'],
])('%j is refused when the memory is made', (options, reason) => {
  expect(() => createMemory(options as MemoryOptions)).toThrow(TypeError);
  expect(() => createMemory(options as MemoryOptions)).toThrow(reason);
});
