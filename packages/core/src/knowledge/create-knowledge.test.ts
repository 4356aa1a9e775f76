import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { chunksOf } from './chunks.ts';
import { createKnowledge, type Embed, type KnowledgeOptions } from './create-knowledge.ts';

let folder: string;
let handbook: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-knowledge-'));
  handbook = join(folder, 'handbook.md');
  writeFileSync(
    handbook,
    '# Handbook\n\n## Refunds\n\nMoney goes back within fourteen days.\n\n## Opening hours\n\nWe are open from nine to five.\n',
  );
  writeFileSync(join(folder, 'brew.txt'), 'Green tea wants water of eighty degrees.\n\n# this is no heading\n');
  writeFileSync(join(folder, 'image.md'), Buffer.from([0xff, 0xfe, 0x89]));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what is found by words', () => {
  test('the passage that bears on the question comes first, and says where it is from', async () => {
    const knowledge = createKnowledge({ files: [handbook, join(folder, 'brew.txt')] });

    const [first] = await knowledge.search('How many days until the money is refunded?');

    expect(first).toEqual({ source: `${handbook}, Handbook › Refunds`, text: 'Money goes back within fourteen days.' });
  });

  test('a text has no headings, whatever its lines begin with', async () => {
    const knowledge = createKnowledge({ files: [join(folder, 'brew.txt')] });

    const found = await knowledge.search('green tea degrees');

    expect(found).toEqual([
      { source: join(folder, 'brew.txt'), text: 'Green tea wants water of eighty degrees.\n\n# this is no heading' },
    ]);
  });

  test.each([
    ['a near spelling', 'refnds and openning', 'Refunds'],
    ['a beginning of a word', 'refund', 'Refunds'],
  ])('%s is found', async (_what, query, heading) => {
    const [first] = await createKnowledge({ files: [handbook] }).search(query);

    expect(first?.source).toContain(heading);
  });

  test('a question around a whole book is answered by what stands before and after it', async () => {
    const book = Array.from({ length: 30_000 }, (_, index) => `w${index.toString(36)}x`).join(' ');
    const knowledge = createKnowledge({ files: [handbook] });

    const [before] = await knowledge.search(`When is money refunded? ${book}`);
    const [after] = await knowledge.search(`${book} When are you open?`);

    expect([before?.source, after?.source]).toEqual([`${handbook}, Handbook › Refunds`, `${handbook}, Handbook › Opening hours`]);
  });

  test('words that no spaces divide are found', async () => {
    const knowledge = createKnowledge({
      texts: [
        { source: '茶', text: '绿茶需要八十度的水。' },
        { source: '退款', text: '十四天内退款。' },
      ],
    });

    expect((await knowledge.search('怎么退款'))[0]?.source).toBe('退款');
  });

  test('what bears on nothing gives nothing, and no more is given than is wanted', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => ({ source: `${index}`, text: `Tea number ${index}` }));
    const knowledge = createKnowledge({ texts });

    const counts = [
      await knowledge.search('xylophone'),
      await knowledge.search('tea'),
      await knowledge.search('tea', { limit: 2 }),
    ];

    expect(counts.map(({ length }) => length)).toEqual([0, 5, 2]);
  });
});

describe('what is found by meaning', () => {
  const meanings: Record<string, number[]> = { cat: [1, 0], kitten: [0.9, 0.1], dog: [0, 1] };
  const embedding: Embed = async (texts) => texts.map((text) => meanings[text.split('\n').at(-1) ?? ''] ?? [0, 0]);

  test('the nearest vector wins, and one at right angles is not given', async () => {
    const knowledge = createKnowledge({
      texts: [
        { source: 'a', text: 'dog' },
        { source: 'b', text: 'kitten' },
      ],
      embed: embedding,
    });

    const found = await knowledge.search('cat');

    expect(found.map(({ text }) => text)).toEqual(['kitten', 'dog'].slice(0, 1));
  });

  test('texts are embedded once, in batches, however many search at once', async () => {
    const embed = vi.fn<Embed>(async (texts) => texts.map(() => [1]));
    const texts = Array.from({ length: 100 }, (_, index) => ({ source: 'x', text: `${index}` }));
    const knowledge = createKnowledge({ texts, embed });

    await Promise.all([knowledge.search('a'), knowledge.search('b')]);

    expect(embed.mock.calls.map(([given]) => given.length)).toEqual([64, 36, 1, 1]);
  });

  test('a failure is told, and the next search tries again', async () => {
    const embed = vi.fn<Embed>(async (texts) => texts.map(() => [1])).mockRejectedValueOnce(new Error('down'));
    const knowledge = createKnowledge({ texts: [{ source: 'x', text: 'y' }], embed });

    await expect(knowledge.search('y')).rejects.toThrow('down');
    await expect(knowledge.search('y')).resolves.toHaveLength(1);
  });

  test.each<[string, Embed]>([
    ['too few', async () => []],
    ['empty ones', async (texts) => texts.map(() => [])],
    ['ones of several lengths', async (texts) => texts.map((_, index) => Array.from({ length: index + 1 }, () => 1))],
    ['numbers that are none', async (texts) => texts.map(() => [Number.NaN])],
  ])('vectors that are wrong are named: %s', async (_what, embed) => {
    const knowledge = createKnowledge({
      texts: [
        { source: 'x', text: 'y' },
        { source: 'x', text: 'z' },
      ],
      embed,
    });

    await expect(knowledge.search('y')).rejects.toThrow('createKnowledge: embed has to give one vector');
  });

  test('an abort ends the wait of one search, and no other', async () => {
    const gate = new AbortController();
    const held = once(gate.signal, 'abort');
    const knowledge = createKnowledge({
      texts: [{ source: 'x', text: 'y' }],
      embed: async (texts) => {
        await held;
        return texts.map(() => [1]);
      },
    });
    const patient = knowledge.search('y');

    await expect(knowledge.search('y', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    gate.abort();
    await expect(patient).resolves.toHaveLength(1);
  });
});

describe('chunksOf', () => {
  test('paragraphs are packed together, and never across a heading', () => {
    const chunks = chunksOf('a.md', '# One\n\nfirst\n\nsecond\n\n# Two\n\nthird', true, 100);

    expect(chunks).toEqual([
      { source: 'a.md, One', text: 'first\n\nsecond' },
      { source: 'a.md, Two', text: 'third' },
    ]);
  });

  test('a heading of a higher level closes those below it; a skipped level leaves no gap', () => {
    const chunks = chunksOf('a', '# A\n### C\nc\n## B ##\nb\n# Z\nz', true, 100);

    expect(chunks.map(({ source }) => source)).toEqual(['a, A › C', 'a, A › B', 'a, Z']);
  });

  test('code keeps its blank lines, and what looks like a heading in it is none', () => {
    const chunks = chunksOf('a', '```sh\n# comment\n\nls\n```', true, 100);

    expect(chunks).toEqual([{ source: 'a', text: '```sh\n# comment\n\nls\n```' }]);
  });

  test('a paragraph that is too long is cut where a sentence ends, and no character is cut in two', () => {
    const sentence = 'Tea is a drink. ';
    const chunks = [...chunksOf('a', sentence.repeat(20), true, 100), ...chunksOf('a', '🍵'.repeat(120), true, 101)];

    expect(chunks.every(({ text }) => text.length <= 101)).toBe(true);
    expect(chunks.slice(0, 4).every(({ text }) => text.endsWith('.'))).toBe(true);
    expect(chunks.every(({ text }) => Buffer.from(text).toString() === text)).toBe(true);
    expect(chunks.map(({ text }) => text).join('').length).toBe(
      sentence.repeat(20).length - chunks.filter(({ text }) => text.startsWith('Tea')).length + 240,
    );
  });

  test('nothing is in a text of white space', () => {
    expect(chunksOf('a', ' \n\n ', true, 100)).toEqual([]);
  });
});

test.each<[unknown, string]>([
  [undefined, 'options is undefined'],
  [{}, 'files and texts are both empty'],
  [{ files: 'a.md' }, 'files is "a.md"'],
  [{ files: ['/nowhere/a.md'] }, 'files[0] is "/nowhere/a.md" (ENOENT)'],
  [{ texts: 'x' }, 'texts is "x"'],
  [{ texts: [{ text: 'x' }] }, 'texts[0].source is undefined'],
  [{ texts: [null] }, 'texts[0].source is undefined'],
  [{ texts: [{ source: 'x', text: 'y' }], passageCharacters: 5 }, 'passageCharacters is 5'],
  [{ texts: [{ source: 'x', text: 'y' }], embed: 'model' }, 'embed is "model"'],
])('%j is refused when the knowledge is made', (options, reason) => {
  expect(() => createKnowledge(options as KnowledgeOptions)).toThrow(TypeError);
  expect(() => createKnowledge(options as KnowledgeOptions)).toThrow(reason);
});

test('a file that is not in UTF-8 is refused by name', () => {
  expect(() => createKnowledge({ files: [join(folder, 'image.md')] })).toThrow(/files\[0\] is ".*image\.md" \(not in UTF-8\)/);
});
