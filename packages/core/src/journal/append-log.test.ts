import { expect, test } from 'vitest';
import { AppendLog } from './append-log.ts';

/** A file in memory, whose disk has so much room. */
function fileOf(room = Infinity) {
  const calls: string[] = [];
  return {
    calls,
    content: '',
    async appendFile(data: string): Promise<void> {
      calls.push('append');
      await Promise.resolve();
      this.content += data.slice(0, Math.max(0, room - this.content.length));
      if (this.content.length >= room)
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    },
    async datasync(): Promise<void> {
      calls.push('sync');
      await Promise.resolve();
    },
  };
}

test('what waits together is written together, in order, and synced once', async () => {
  const file = fileOf();
  const log = new AppendLog(file, 'f');

  await Promise.all([log.append('a\n', true), log.append('b\n', false), log.append('c\n', true)]);
  await log.append('d\n', false);

  expect(file.content).toBe('a\nb\nc\nd\n');
  expect(file.calls).toEqual(['append', 'sync', 'append']);
});

test('what comes while one write is under way is written by the next', async () => {
  const file = fileOf();
  const log = new AppendLog(file, 'f');

  const first = log.append('a\n', true);
  await Promise.resolve();
  await Promise.all([first, log.append('b\n', true), log.append('c\n', true)]);

  expect(file.calls).toEqual(['append', 'sync', 'append', 'sync']);
  expect(file.content).toBe('a\nb\nc\n');
});

test('a full disk is told to everyone who waits, and nothing is written behind a torn line', async () => {
  const file = fileOf(6);
  const log = new AppendLog(file, '/runs/a/journal.jsonl');
  await log.append('one\n', true);

  const outcomes = await Promise.allSettled([log.append('two\n', true), log.append('three\n', true)]);
  await expect(log.append('four\n', false)).rejects.toMatchObject({ code: 'not_written', cause: { code: 'ENOSPC' } });
  await log.settle();

  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(file.content).toBe('one\ntw');
  await expect(log.append('five\n', true)).rejects.toThrow('/runs/a/journal.jsonl could not be written to: ENOSPC');
});
