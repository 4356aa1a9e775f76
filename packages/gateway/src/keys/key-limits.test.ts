import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryKeyLimits } from './key-limits.ts';

beforeEach(() => vi.useFakeTimers({ now: 1_800_000_000_000 }));
afterEach(() => void vi.useRealTimers());

test('so many requests a minute, and no more at its edge', () => {
  const limits = new MemoryKeyLimits();
  vi.setSystemTime(1_800_000_000_000 + 59_000);
  const taken = Array.from({ length: 5 }, () => limits.take('k', { rpm: 4 }, 0).isIn);
  vi.setSystemTime(1_800_000_000_000 + 61_000);

  expect(taken).toEqual([true, true, true, true, false]);
  const next = limits.take('k', { rpm: 4 }, 0);
  expect(next).toMatchObject({ isIn: false, full: 'requests' });
  vi.advanceTimersByTime(next.waitMs);
  expect(limits.take('k', { rpm: 4 }, 0).isIn).toBe(true);
});

test('tokens are counted by what was estimated, and put right by what was used', () => {
  const limits = new MemoryKeyLimits();

  expect(limits.take('k', { tpm: 100 }, 60).isIn).toBe(true);
  expect(limits.take('k', { tpm: 100 }, 60)).toMatchObject({ isIn: false, full: 'tokens', remainingTokens: 40 });
  limits.correct('k', -50);
  expect(limits.take('k', { tpm: 100 }, 60).isIn).toBe(true);
});

test('a request that is larger than the limit goes when there is nothing else', () => {
  expect(new MemoryKeyLimits().take('k', { tpm: 100 }, 5_000).isIn).toBe(true);
});

test('many keys are not kept for ever', () => {
  const limits = new MemoryKeyLimits();
  for (let count = 0; count < 200_000; count++) {
    if (count % 10_000 === 0) vi.advanceTimersByTime(120_000);
    limits.take(`k${count}`, { rpm: 1 }, 0);
  }

  expect(limits.size).toBeLessThanOrEqual(20_000);
});
