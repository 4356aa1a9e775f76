import { expect, test } from 'vitest';
import { LiveRuns } from './live-runs.ts';

test('a call under way is joined by a later connection, and made once', async () => {
  const runs = new LiveRuns(4);
  const first = new AbortController();
  let calls = 0;
  const call = async (): Promise<string> => String(++calls);
  const before = runs.enter('inv', first.signal).once('step', call);
  first.abort();

  const after = runs.enter('inv', new AbortController().signal).once('step', call);

  expect(await Promise.all([before, after])).toEqual(['1', '1']);
  runs.leave('inv');
  expect(await runs.enter('inv', new AbortController().signal).once('step', call)).toBe('2');
  runs.leave('inv');
});

test('a worker knows what it began until that is done, and forgets it with the run', () => {
  const runs = new LiveRuns(4);
  const before = runs.enter('inv', new AbortController().signal);
  before.begin('step');
  before.begin('done');
  before.forget('done');

  const after = runs.enter('inv', new AbortController().signal);

  expect([after.hasBegun('step'), after.hasBegun('done')]).toEqual([true, false]);
  runs.leave('inv');
  expect(runs.enter('inv', new AbortController().signal).hasBegun('step')).toBe(false);
  runs.leave('inv');
});

test('a cancelled run ends the calls of every connection, and a replay begins with a signal of its own', () => {
  const run = new LiveRuns(4).enter('inv', new AbortController().signal);
  const [first, second] = [run.attempt(), run.attempt()];

  run.cancel();

  expect([first.signal.aborted, second.signal.aborted, run.attempt().signal.aborted]).toEqual([true, true, false]);
});

test('no more is under way at once than the worker was told, and all have their turn', async () => {
  const runs = new LiveRuns(2);
  let [now, most, done] = [0, 0, 0];
  const work = async (): Promise<void> => {
    const leave = await runs.place();
    most = Math.max(most, ++now);
    await Promise.resolve();
    now -= 1;
    done += 1;
    leave();
  };

  await Promise.all(Array.from({ length: 9 }, work));

  expect([most, done]).toEqual([2, 9]);
});
