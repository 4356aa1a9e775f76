import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TimedOut, withTimeout } from './abort.ts';

const heeding = (signal: AbortSignal): Promise<void> => sleep(10_000, undefined, { signal });

test('a limit that is reached is the reason of the signal that work is done under, and of no other', async () => {
  const outer = new AbortController();
  let given: AbortSignal | undefined;

  const work = withTimeout(outer.signal, 10, 'It', (signal) => heeding((given = signal)));

  await expect(work).rejects.toMatchObject({ cause: new TimedOut('It', 10) });
  expect(given?.reason).toMatchObject({ name: 'TimeoutError', message: 'It took longer than 10 ms' });
  expect(outer.signal.aborted).toBe(false);
  expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
});

test.each([0, 10])('an abort of the outer signal, %i ms on, reaches the work with its reason', async (ms) => {
  const outer = new AbortController();
  if (ms === 0) outer.abort(new Error('enough'));
  else setTimeout(() => outer.abort(new Error('enough')), ms);

  const work = withTimeout(outer.signal, 60_000, 'It', (signal) => heeding(signal));

  await expect(work).rejects.toMatchObject({ cause: new Error('enough') });
  expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
});
