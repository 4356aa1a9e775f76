import { afterEach, expect, test, vi } from 'vitest';
import { engineLog } from './engine-log.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('onLog is told level and message, at once', () => {
  const told: unknown[] = [];

  engineLog((...args) => void told.push(args))('warn', 'a step', { n: 1 }, 'failed');

  expect(told).toEqual([['warn', 'a step [object Object] failed']]);
});

test.each([
  ['throws', () => fail()],
  ['rejects', async () => fail()],
])('one that %s ends nothing, and is one warning of the process', async (_, onLog) => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const log = engineLog(onLog);

  log('error', 'one');
  log('error', 'two');
  await new Promise(setImmediate);

  expect(warn.mock.calls.map(([message]) => message)).toEqual(['onLog failed: Error: disk full']);
});

function fail(): never {
  throw new Error('disk full');
}
