import { expect, test, vi } from 'vitest';
import { allOf, inTime } from './ending.ts';

test('all are ended although one fails, one after the other, and what failed is thrown', async () => {
  const told: string[] = [];
  const ending = (name: string, failure?: Error) => async (): Promise<void> => {
    told.push(`${name} begins`);
    await Promise.resolve();
    told.push(`${name} is over`);
    if (failure) throw failure;
  };

  const ended = allOf([ending('ledger', new Error('no space')), ending('state', new Error('gone')), ending('log')]);

  await expect(ended).rejects.toThrow('no space; gone');
  await expect(allOf([ending('state', new TypeError('gone'))])).rejects.toThrow(new TypeError('gone'));
  expect(told.filter((what) => what.endsWith('over'))).toEqual([
    'ledger is over',
    'state is over',
    'log is over',
    'state is over',
  ]);
  expect(told.indexOf('ledger is over')).toBeLessThan(told.indexOf('state begins'));
});

test('what takes longer is given up, and says so', async () => {
  await expect(inTime(new Promise(() => undefined), 5, 'it hangs')).rejects.toThrow('it hangs');
});

test('what is in time leaves no timer behind, whether it succeeds or fails', async () => {
  vi.useFakeTimers();
  try {
    await inTime(Promise.resolve(), 60_000, 'late');
    await expect(inTime(Promise.reject(new Error('no')), 60_000, 'late')).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
