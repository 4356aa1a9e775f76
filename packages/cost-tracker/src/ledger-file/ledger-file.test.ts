import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from '../cost-tracker.ts';
import type { CostTrackerOptions } from '../tracker-options.ts';
import { perThousand } from '../own-prices.ts';
import type { LedgerRow } from '../row.ts';
import { LedgerFile } from './ledger-file.ts';
import { StoredLedger } from './stored-ledger.ts';

const prices = { m: perThousand(0.03) };
const call = { model: 'm', inputTokens: 1_000, outputTokens: 0, agent: 'writer', workflow: 'post-1', tags: ['blog'] };

let folder = '';
let warnings: string[] = [];
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'rolecall-ledger-')), 'ledger');
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message) => void warnings.push(String(message)));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(join(folder, '..'), { recursive: true, force: true });
});

const newTracker = (options: Partial<CostTrackerOptions> = {}): CostTracker =>
  new CostTracker({ prices, ledger: folder, ...options });

async function storedRows(): Promise<LedgerRow[]> {
  const rows: LedgerRow[] = [];
  for await (const row of (await StoredLedger.open(folder)).rows()) rows.push(row);
  return rows;
}

test('what was recorded is on the disk when flush resolves, row by row as it was', async () => {
  const tracker = newTracker();

  for (let count = 0; count < 100; count++) tracker.record({ ...call, latencyMs: count });
  await tracker.flush();

  expect(await storedRows()).toEqual(tracker.rows());
});

test('what a caller makes of his record afterwards is no part of the row, in memory or on the disk', async () => {
  const tracker = newTracker();
  const serverTools = { web_search: 0 };
  const tags = ['blog'];

  for (let count = 1; count <= 3; count++) {
    serverTools.web_search = count;
    tracker.record({ ...call, serverTools, tags });
    tags.push(`after-${count}`);
  }
  await tracker.flush();

  expect(tracker.rows().map((row) => row.serverTools)).toEqual([{ web_search: 1 }, { web_search: 2 }, { web_search: 3 }]);
  expect(await storedRows()).toEqual(tracker.rows());
});

test('without flush it is there within 50 ms or a little more', async () => {
  const tracker = newTracker();

  tracker.record(call);

  await vi.waitFor(async () => expect(await storedRows()).toHaveLength(1), { timeout: 1_000 });
  await tracker.flush();
});

test('with durability each, a row is on the disk when record returns', async () => {
  const tracker = newTracker({ durability: 'each' });

  const row = tracker.record(call);

  expect(await storedRows()).toEqual([row]);
  await tracker.flush();
  expect(await storedRows()).toEqual([row]);
});

test('only the owner can read it', async () => {
  const tracker = newTracker();
  tracker.record(call);
  await tracker.flush();

  const [name = ''] = await readdir(folder);
  const modes = await Promise.all([stat(folder), stat(join(folder, name))]);

  expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o600]);
  expect(name).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT.*-${process.pid}-[0-9a-f]{8}-0001\\.jsonl$`));
});

test('rows recorded while others are written are acknowledged by their own flush', async () => {
  const tracker = newTracker();
  const acknowledged: number[] = [];

  for (let count = 1; count <= 20; count++) {
    tracker.record(call);
    void tracker.flush().then(() => acknowledged.push(count));
    await new Promise(setImmediate);
  }
  await tracker.flush();

  expect(acknowledged).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(await storedRows()).toHaveLength(20);
});

test('two trackers in one folder keep to files of their own', async () => {
  const [one, other] = [newTracker(), newTracker()];

  for (let count = 0; count < 50; count++) [one, other][count % 2]!.record(call);
  await Promise.all([one.flush(), other.flush()]);

  expect(await readdir(folder)).toHaveLength(2);
  expect(new Set((await storedRows()).map(({ id }) => id)).size).toBe(50);
});

test('a file that has grown is followed by another', async () => {
  const file = new LedgerFile({ folder, durability: 'batch', segmentBytes: 1_000, onFault: () => undefined });
  const row = new CostTracker({ prices }).record(call);

  for (let count = 0; count < 10; count++) {
    file.append({ ...row, id: `row-${count}` });
    await file.flush();
  }

  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
  expect(sizes.length).toBeGreaterThan(2);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000);
  expect((await storedRows()).map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, index) => `row-${index}`));
});

test('a row that makes no line costs nobody else theirs: it is warned about, and flush says that it is lost', async () => {
  const tracker = newTracker();
  const row = tracker.record(call);
  const terms: Record<string, unknown> = {};
  terms['itself'] = terms;

  tracker.add({ ...row, id: 'broken', terms });
  tracker.record(call);

  await expect(tracker.flush()).rejects.toThrow('The ledger has lost 1 rows');
  await tracker.flush();
  expect((await storedRows()).map(({ id }) => id)).toEqual(tracker.rows().flatMap(({ id }) => (id === 'broken' ? [] : id)));
  expect(warnings.join('\n')).toContain('circular');
});

test('a row that makes no line is counted while the disk refuses, too, and flush ends', async () => {
  await writeFile(folder, 'a file where the folder should be');
  const faults: string[] = [];
  const file = new LedgerFile({ folder, durability: 'batch', onFault: (error) => void faults.push(String(error)) });
  const row = new CostTracker({ prices }).record(call);
  const terms: Record<string, unknown> = {};
  terms['itself'] = terms;

  file.append(row);
  const refused = file.flush();
  file.append({ ...row, id: 'broken', terms }); // while that is under way
  await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/EEXIST|ENOTDIR/) });
  await rm(folder);
  file.append({ ...row, id: 'other' }); // else a flush that counts one row too few would never end

  await expect(file.flush()).rejects.toThrow('The ledger has lost 1 rows');
  expect((await storedRows()).map(({ id }) => id)).toEqual([row.id, 'other']);
  expect(faults.join('\n')).toContain('circular');
});

test('a row that is lost is not said to wait, and silences nobody: a disk that refuses later is told, too', async () => {
  const tracker = newTracker();
  const row = tracker.record(call);
  const terms: Record<string, unknown> = {};
  terms['itself'] = terms;
  tracker.add({ ...row, id: 'broken', terms });
  await expect(tracker.flush()).rejects.toThrow('The ledger has lost 1 rows');

  await rm(folder, { recursive: true });
  await writeFile(folder, 'a file where the folder should be');
  tracker.record(call);
  await expect(tracker.flush()).rejects.toThrow();

  expect(warnings).toEqual([
    expect.stringMatching(/could not be written to the ledger on disk, and are not in it: .*circular/s),
    expect.stringMatching(/wait, and are tried again: .*(EEXIST|ENOTDIR|ENOENT)/s),
  ]);
});

test('a torn last line is dropped, and said so', async () => {
  const tracker = newTracker();
  for (let count = 0; count < 3; count++) tracker.record(call);
  await tracker.flush();
  const path = join(folder, (await readdir(folder))[0] ?? '');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.slice(0, -10));
  const skipped = { broken: 0, newer: 0 };

  const rows: LedgerRow[] = [];
  for await (const row of (await StoredLedger.open(path)).rows(skipped)) rows.push(row);

  expect(rows).toEqual(tracker.rows().slice(0, 2));
  expect(skipped).toEqual({ broken: 1, newer: 0 });
});

test('of rows with one id the last one counts, in its place', async () => {
  const file = new LedgerFile({ folder, durability: 'batch', onFault: () => undefined });
  const row = new CostTracker({ prices }).record(call);

  for (const [id, agent] of [['a', '1'], ['b', '2'], ['a', '3'], ['c', '4'], ['a', '5']] as const) file.append({ ...row, id, agent }); // prettier-ignore
  await file.flush();

  expect((await storedRows()).map(({ id, agent }) => `${id}${agent}`)).toEqual(['b2', 'c4', 'a5']);
});

test('a folder that cannot be written hurts no call: one warning, and flush rejects until it can', async () => {
  const parent = join(folder, '..');
  await writeFile(folder, 'a file where the folder should be');
  const tracker = newTracker();

  for (let count = 0; count < 3; count++) tracker.record(call);
  await expect(tracker.flush()).rejects.toMatchObject({ code: expect.stringMatching(/EEXIST|ENOTDIR/) });
  await expect(tracker.flush()).rejects.toThrow();
  expect(warnings).toEqual([expect.stringContaining('could not be written')]);

  await rm(folder);
  tracker.record(call);
  await tracker.flush();
  expect(await storedRows()).toEqual(tracker.rows());
  await chmod(parent, 0o700);
});

test('a disk that refused is tried again by itself', async () => {
  await writeFile(folder, 'a file where the folder should be');
  const tracker = newTracker();
  tracker.record(call);
  await expect(tracker.flush()).rejects.toThrow();

  await rm(folder);

  await vi.waitFor(async () => expect(await storedRows()).toHaveLength(1), { timeout: 20_000, interval: 100 });
}, 30_000);

test('with durability each, too', async () => {
  await writeFile(folder, 'a file where the folder should be');
  const tracker = newTracker({ durability: 'each' });

  expect(() => tracker.record(call)).not.toThrow();
  await expect(tracker.flush()).rejects.toThrow();
  await rm(folder);
  await tracker.flush();

  expect(await storedRows()).toEqual(tracker.rows());
});

test('a disk that refuses for too long loses the oldest rows, and flush says how many', async () => {
  await writeFile(folder, 'a file where the folder should be');
  const file = new LedgerFile({ folder, durability: 'batch', onFault: () => undefined });
  const row = { ...new CostTracker({ prices }).record(call), task: 'x'.repeat(1_000_000) };

  for (let count = 0; count < 20; count++) file.append({ ...row, id: `row-${count}` });
  await expect(file.flush()).rejects.toThrow(); // the disk's own reason
  await rm(folder);

  await expect(file.flush()).rejects.toThrow('The ledger has lost 4 rows');
  await expect(file.flush()).resolves.toBeUndefined();
  expect((await storedRows()).map(({ id }) => id)).toEqual(Array.from({ length: 16 }, (_, index) => `row-${index + 4}`));
});

test.each(['with nothing under way', 'while another write is under way'])(
  'a burst of more than may wait is written at once, %s',
  async (when) => {
    const file = new LedgerFile({ folder, durability: 'batch', onFault: () => undefined });
    const row = { ...new CostTracker({ prices }).record(call), task: 'x'.repeat(1_000_000) };
    file.append({ ...row, id: 'first' });
    const first = when.startsWith('while') ? file.flush() : undefined;

    for (let count = 0; count < 40; count++) file.append({ ...row, id: `row-${count}` });
    await Promise.all([first, file.flush()]);

    expect(new Set((await storedRows()).map(({ id }) => id)).size).toBe(41);
  },
);

test.each([
  ['ends by itself', ''],
  ['calls process.exit', 'process.exit(0);'],
  ['calls process.exit while it writes', 'void tracker.flush(); setImmediate(() => process.exit(0));'],
])(
  'a process that %s leaves nothing behind, and is not held up',
  async (_, ending) => {
    const program = `
    import { CostTracker } from '@rolecall/cost-tracker';
    const tracker = new CostTracker({ ledger: ${JSON.stringify(folder)}, prices: { m: { input: 1, output: 1 } } });
    for (let index = 0; index < 1000; index++) tracker.record({ model: 'm', inputTokens: index, outputTokens: 0 });
    ${ending}`;
    const flags = ['--conditions=@rolecall/source', '--import', 'tsx', '--input-type=module', '-e', program];

    await promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname, timeout: 20_000 });

    expect(new Set((await storedRows()).map(({ usage }) => usage.inputTokens)).size).toBe(1_000);
    expect(await storedRows()).toHaveLength(1_000);
  },
  30_000,
);

test('trackers leave no listener behind on the process', async () => {
  const before = process.listenerCount('exit') + process.listenerCount('beforeExit');
  const trackers = Array.from({ length: 20 }, () => newTracker());

  for (const tracker of trackers) tracker.record(call);
  await Promise.all(trackers.map((tracker) => tracker.flush()));

  expect(process.listenerCount('exit') + process.listenerCount('beforeExit')).toBe(before);
});

test('what is no path and no durability is said so', () => {
  expect(() => newTracker({ ledger: '' })).toThrow('ledger: "" is not the path of a folder');
  expect(() => newTracker({ durability: 'always' as 'each' })).toThrow('durability: "always" is neither batch nor each');
});
