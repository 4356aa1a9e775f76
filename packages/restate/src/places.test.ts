import { expect, test } from 'vitest';
import { LiveRuns } from './live-runs.ts';
import { Places } from './places.ts';

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let isSettled = false;
  void promise.then(() => (isSettled = true));
  await new Promise((resolve) => setImmediate(resolve));
  return isSettled;
};

test('a step runs in the place that it took before its beginning was written down', async () => {
  const runs = new LiveRuns(1);
  const places = new Places(runs, new AbortController().signal);

  await places.takeEarly('a');
  const other = runs.place();
  const leave = await places.take('a');

  expect(await settled(other)).toBe(false);
  leave();
  expect(await settled(other)).toBe(true);
});

test('what was taken and not used is given back when the connection ends, and so is what comes after that', async () => {
  const runs = new LiveRuns(1);
  const connection = new AbortController();
  const places = new Places(runs, connection.signal);
  await places.takeEarly('a');
  const late = places.takeEarly('b');
  const other = runs.place();

  connection.abort();

  expect(await settled(late)).toBe(true);
  expect(await settled(other)).toBe(true);
});

test('a place that is in use when the connection ends is in use until its step ends', async () => {
  const runs = new LiveRuns(1);
  const connection = new AbortController();
  const places = new Places(runs, connection.signal);
  await places.takeEarly('a');
  const leave = await places.take('a');

  connection.abort();
  const other = runs.place();

  expect(await settled(other)).toBe(false);
  leave();
  expect(await settled(other)).toBe(true);
});
