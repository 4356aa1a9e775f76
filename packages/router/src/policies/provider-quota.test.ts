import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProviderQuota } from './provider-quota.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('as long as nothing was said nobody waits', () => {
  const quota = new ProviderQuota();
  quota.heed(undefined);
  quota.heed({});
  quota.heed({ remainingRequests: 0 }); // until when is not known

  expect(quota.waitMs(1, 1_000)).toBe(0);
  expect(quota.lowOnTokens).toBe(false);
});

test('with nothing left, and the whole not known, it waits until all is back', () => {
  const quota = new ProviderQuota();
  quota.heed({ remainingRequests: 0, resetRequestsMs: 6_000 });

  expect(quota.waitMs(1, 0)).toBe(6_000);
  vi.advanceTimersByTime(6_000);

  expect(quota.waitMs(1, 0)).toBe(0);
});

test('with nothing left of a known whole, it waits for its own bit of what comes back', () => {
  const quota = new ProviderQuota();
  quota.heed({ limitRequests: 500, remainingRequests: 0, resetRequestsMs: 60_000 });

  expect(quota.waitMs(1, 0)).toBe(120);
  expect(quota.waitMs(10, 0)).toBe(1_200);
});

test('calls that are on their way are taken off what is left', () => {
  const quota = new ProviderQuota();
  quota.heed({ limitRequests: 100, remainingRequests: 2, resetRequestsMs: 60_000 });

  quota.spend(0);
  quota.spend(0);

  expect(quota.waitMs(1, 0)).toBe(600);
});

test('few tokens left hold back a request that needs more of them, and let a small one go', () => {
  const quota = new ProviderQuota();
  quota.heed({ limitTokens: 10_000, remainingTokens: 500, resetTokensMs: 60_000 });

  expect(quota.lowOnTokens).toBe(true);
  expect(quota.waitMs(1, 400)).toBe(0);
  expect(quota.waitMs(1, 1_450)).toBe(6_000); // a tenth of the 9 500 that are missing
  expect(quota.waitMs(1, 1_000_000)).toBe(60_000);
});

test('while much is left nobody need count tokens', () => {
  const quota = new ProviderQuota();
  quota.heed({ limitTokens: 10_000, remainingTokens: 5_000, resetTokensMs: 60_000 });

  expect(quota.lowOnTokens).toBe(false);
});

test('the newest word counts, and what it leaves out stays as it was', () => {
  const quota = new ProviderQuota();
  quota.heed({ remainingRequests: 0, resetRequestsMs: 6_000 });
  quota.heed({ limitTokens: 100, remainingTokens: 100, resetTokensMs: 0 });
  expect(quota.waitMs(1, 0)).toBe(6_000);

  quota.heed({ remainingRequests: 5, resetRequestsMs: 6_000 });

  expect(quota.waitMs(1, 0)).toBe(0);
});

test('a shorter wait never undoes a longer one', () => {
  const quota = new ProviderQuota();
  quota.block(9_000);
  quota.block(1_000);

  expect(quota.waitMs(1, 0)).toBe(9_000);
});
