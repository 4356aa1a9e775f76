import { appendFile, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileJournal } from './file-journal.ts';
import type { Journal, OpenRun } from './journal.ts';
import { self } from './owner.ts';

let folder = '';
let journal: Journal;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rolecall-journal-'));
  journal = fileJournal(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const file = (runId = 'run'): string => join(folder, runId, 'journal.jsonl');
const lines = async (): Promise<string[]> => (await readFile(file(), 'utf8')).trimEnd().split('\n');

/** Opens the run, does something with its steps, and closes it. */
async function within<Value>(work: (opened: OpenRun) => Promise<Value>, runId = 'run'): Promise<Value> {
  const opened = await journal.open(runId);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

/** A step that must not run: its result is in the journal. */
const again = (): Promise<never> => Promise.reject(new Error('it was run again'));

test('what a step gave is given again, and it is not run again', async () => {
  const value = { text: 'Grüße 🐝', list: [1, null, true] };
  await within(({ steps }) => steps.step('a', async () => value));

  expect(await within(({ steps }) => steps.step('a', again))).toEqual(value);
});

test('times and ids are what they were', async () => {
  const first = await within(async ({ steps }) => [await steps.now('now'), await steps.uuid('id')]);

  expect(await within(async ({ steps }) => [await steps.now('now'), await steps.uuid('id')])).toEqual(first);
});

test('the result is in the file before the step resolves, and only the owner can read it', async () => {
  await within(async ({ steps }) => {
    await steps.step('a', async () => 'paid for');

    expect((await lines()).at(-1)).toBe('{"type":"step","step":"a","value":"paid for"}');
  });

  expect((await stat(file())).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(folder, 'run'))).toEqual(['journal.jsonl']);
});

test('a step that throws is not finished, and is not taken for one that a crash cut off', async () => {
  await within(({ steps }) => expect(steps.step('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no'));

  expect(await within(({ steps }) => steps.step('a', async ({ interruptedAt }) => interruptedAt))).toEqual([]);
});

test('a step that was cut off knows when its tries began, and keeps its key', async () => {
  const key = await within(({ steps }) => steps.step('other', async () => 1).then(() => 'run%2Fa'));
  await appendFile(file(), '{"type":"begin","step":"a","at":1}\n{"type":"begin","step":"a","at":2}\n');

  await within(({ steps }) =>
    steps.step('a', async ({ interruptedAt, idempotencyKey }) => {
      expect(interruptedAt).toEqual([1, 2]);
      expect(idempotencyKey).toBe(key);
    }),
  );
});

test('a torn last line is taken off, wherever it was torn, and what follows is written whole', async () => {
  await within(({ steps }) => steps.step('a', async () => 'ä'.repeat(20)));
  const whole = await readFile(file());
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (cut) => {
      await writeFile(file(), whole.subarray(0, cut));

      await within(({ steps }) => steps.step('a', async () => 'ä'.repeat(20)));

      expect(await within(({ steps }) => steps.step('a', again))).toBe('ä'.repeat(20));
    }),
    { numRuns: 30 },
  );
});

test('a last line of garbage is taken off; one in the middle is reported, and the file is left as it is', async () => {
  await within(({ steps }) => steps.step('a', async () => 1));
  await appendFile(file(), '\0\0garbage\n');
  expect(await within(({ steps }) => steps.step('a', again))).toBe(1);

  const text = `${(await lines())[0]}\ngarbage\n${(await lines()).at(-1)}\n`;
  await writeFile(file(), text);

  await expect(journal.open('run')).rejects.toMatchObject({ code: 'unreadable', message: expect.stringContaining('line 2') });
  expect(await readFile(file(), 'utf8')).toBe(text);
  await expect(journal.open('run')).rejects.toMatchObject({ code: 'unreadable' }); // and not locked
});

test.each([
  ['of another run', '{"type":"run","version":1,"runId":"RUN"}\n', 'is of run "RUN", not of "run"'],
  ['of a newer release', '{"type":"run","version":2,"runId":"run"}\n', 'newer release (version 2'],
  ['of something else', '{"type":"step","step":"a"}\n{}\n', 'does not begin as a journal does'],
  ['that is no journal at all', 'Dear diary\n', 'line 1, is not a record'],
])('a file %s is refused', async (_what, text, message) => {
  await within(async () => undefined);
  await writeFile(file(), text);

  await expect(journal.open('run')).rejects.toThrow(message);
});

const openHere = { code: 'locked', message: 'Run "run" is open in this process already' };

test('a run is open once at a time: in this process, and beside another that lives', async () => {
  const opened = await journal.open('run');
  await expect(journal.open('run')).rejects.toMatchObject(openHere);
  await opened.close();

  const other = { ...self(), pid: 1, started: '1', where: 'another-machine boot container' };
  await writeFile(join(folder, 'run', 'lock-1'), JSON.stringify(other));
  await expect(journal.open('run')).rejects.toThrow('Run "run" is open in process 1 on another-machine; if it is not, remove');
});

test.each([
  ['whose process is gone', { pid: 2 ** 22 + 1 }, 0],
  ['whose process id another process has by now', { started: 'another time' }, 0],
  ['on another machine that was not renewed for minutes', { where: 'another-machine' }, 600_000],
])('a lock %s is taken over', async (_what, change, ageMs) => {
  await within(({ steps }) => steps.step('a', async () => 1));
  const lock = join(folder, 'run', 'lock-1');
  await writeFile(lock, JSON.stringify({ ...self(), ...change }));
  await utimes(lock, new Date(), new Date(Date.now() - ageMs));

  expect(await within(({ steps }) => steps.step('a', again))).toBe(1);

  expect(await readdir(join(folder, 'run'))).toEqual(['journal.jsonl']);
});

test('of two that open a run at once in one process, the second is told that it is open here', async () => {
  const outcomes = await Promise.allSettled([journal.open('run'), journal.open('run')]);

  const [refused] = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused?.reason).toMatchObject(openHere);
  for (const outcome of outcomes) if (outcome.status === 'fulfilled') await outcome.value.close();
});

test('of many that open a run with a dead owner at once, exactly one gets it', async () => {
  await within(async () => undefined);
  await writeFile(join(folder, 'run', 'lock-7'), JSON.stringify({ ...self(), pid: 2 ** 22 + 1 }));

  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => journal.open('run')));

  const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  expect(opened).toHaveLength(1);
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(openHere);
  await opened[0]?.close();
  expect(await readdir(join(folder, 'run'))).toEqual(['journal.jsonl']);
});

test('a wait goes on where it was, and one that is over is over', async () => {
  const controller = new AbortController();
  const waiting = within(({ steps }) => steps.sleep('wait', 200, controller.signal));
  setTimeout(() => controller.abort(new Error('the process ends')), 20);
  await expect(waiting).rejects.toThrow('the process ends');
  const begin = Number(JSON.parse((await lines()).at(-1) ?? '').due) - 200;

  await within(({ steps }) => steps.sleep('wait', 200));
  expect(Date.now() - begin).toBeGreaterThanOrEqual(199);

  const before = performance.now();
  await within(({ steps }) => steps.sleep('wait', 60_000)); // what counts is when it was first asked for
  expect(performance.now() - before).toBeLessThan(20_000);
});

test('the attempts of steps that nobody asks for any more are told, and only those', async () => {
  const attempt = { id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 1, outcome: 'answered', costUsd: 0.5 };
  await within(async ({ steps }) => {
    await steps.step('old', async () => ({ attempts: [attempt] }));
    await steps.step('kept', async () => ({ attempts: [{ ...attempt, id: '2' }] }));
    await steps.step('tool', async () => ({ content: 'x' }));
  });

  await within(async ({ steps, superseded }) => {
    await steps.step('kept', again);

    expect(superseded()).toEqual([attempt]);
  });
});

test('two steps of a name, a step after the end, and one that gives too much are refused', async () => {
  const late = await within(async ({ steps }) => {
    await steps.step('a', async () => 1);
    await expect(steps.step('a', async () => 2)).rejects.toThrow('Two steps of run "run" are named "a"');
    const big = steps.step('big', async () => 'x'.repeat(9 * 2 ** 20));
    await expect(big).rejects.toMatchObject({ code: 'too_large', message: expect.stringContaining('Step "big"') });
    return steps;
  });

  await expect(late.step('b', async () => 1)).rejects.toMatchObject({ code: 'closed' });
});

test('steps side by side are all kept', async () => {
  const names = Array.from({ length: 200 }, (_, index) => `step-${index}`);
  await within(({ steps }) => Promise.all(names.map((name) => steps.step(name, async () => name))));

  expect(await within(({ steps }) => Promise.all(names.map((name) => steps.step(name, again))))).toEqual(names);
});

test.each(['', '.', '..', '../x', 'a/b', 'a\\b', '.hidden', 'dot.', 'x'.repeat(129), 'ü', 'a b', 'a\0'])(
  'the run id %j names no folder, and is refused',
  async (runId) => {
    await expect(journal.open(runId)).rejects.toThrow(TypeError);

    expect(await readdir(folder)).toEqual([]);
  },
);

test('a place where nothing can be written is an error that says so', async () => {
  await writeFile(join(folder, 'file'), '');

  const opening = fileJournal(join(folder, 'file')).open('run');

  await expect(opening).rejects.toMatchObject({
    name: 'JournalError',
    code: 'not_written',
    message: expect.stringContaining(`Run "run" cannot be opened in ${join(folder, 'file', 'run')}: ENOTDIR`),
  });
});

test('a folder that is no path is refused', () => {
  expect(() => fileJournal('')).toThrow('fileJournal: folder is "", and has to be a text that is not empty');
});
