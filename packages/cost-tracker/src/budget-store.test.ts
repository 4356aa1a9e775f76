import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryBudgetStore, type BudgetClaim } from './budget-store.ts';

const claim = (more: Partial<BudgetClaim> = {}): BudgetClaim => ({
  account: 'a',
  closesAt: Infinity,
  oneOfMany: true,
  limit: 100n,
  amount: 60n,
  ...more,
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('all of the claims are held, or none', () => {
  const store = new MemoryBudgetStore();

  const { lease } = store.reserve([claim(), claim({ account: 'b' })]);
  const refused = store.reserve([claim({ account: 'c' }), claim({ account: 'b' })]);

  expect(lease).not.toBeNull();
  expect(refused).toEqual({ lease: null, refused: 1, balance: { spent: 0n, reserved: 60n } });
  expect(store.settle(null, [claim({ account: 'c', amount: 0n })])).toEqual([{ spent: 0n, reserved: 0n }]);
});

test('what was not used is free again', () => {
  const store = new MemoryBudgetStore();

  const { lease } = store.reserve([claim()]);
  const balances = store.settle(lease, [claim({ amount: 10n })]);

  expect(balances).toEqual([{ spent: 10n, reserved: 0n }]);
  expect(store.reserve([claim({ amount: 90n })]).lease).not.toBeNull();
});

test('a lease that nobody ends lapses after a quarter of an hour, and its call is charged all the same', () => {
  const store = new MemoryBudgetStore();
  const { lease } = store.reserve([claim()]);

  vi.advanceTimersByTime(15 * 60_000 - 1);
  expect(store.reserve([claim()]).lease).toBeNull();
  vi.advanceTimersByTime(1);
  expect(store.reserve([claim()]).lease).not.toBeNull();

  expect(store.settle(lease, [claim()])).toEqual([{ spent: 60n, reserved: 60n }]);
});

test('a lease ends once', () => {
  const store = new MemoryBudgetStore();
  const { lease } = store.reserve([claim()]);

  for (let count = 0; count < 3; count++) store.release(lease!);

  expect(store.settle(null, [claim({ amount: 0n })])).toEqual([{ spent: 0n, reserved: 0n }]);
});

test('a window that is over takes no charge any more', () => {
  const store = new MemoryBudgetStore();
  const closesAt = Date.now() + 1_000;
  const { lease } = store.reserve([claim({ closesAt })]);

  vi.advanceTimersByTime(1_000);

  expect(store.settle(lease, [claim({ closesAt })])).toEqual([{ spent: 60n, reserved: 0n }]);
  expect(store.settle(null, [claim({ amount: 0n })])).toEqual([{ spent: 0n, reserved: 0n }]);
});

test('of a hundred thousand runs the latest are remembered, and those with calls in flight; a budget of its own always', () => {
  const store = new MemoryBudgetStore();
  store.reserve([claim({ account: 'in flight' })]);
  store.settle(null, [claim({ account: 'of its own', oneOfMany: false })]);

  for (let index = 0; index < 100_000; index++) store.settle(null, [claim({ account: `run-${index}` })]);

  const spent = (account: string): bigint => store.settle(null, [claim({ account, amount: 0n })])[0]!.spent;
  expect(['run-99999', 'run-0', 'of its own'].map(spent)).toEqual([60n, 0n, 60n]);
  expect(store.reserve([claim({ account: 'in flight' })]).lease).toBeNull();
}, 30_000);
