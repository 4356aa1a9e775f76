import type { LedgerRow } from '@rolecall/cost-tracker';
import { expect, test } from 'vitest';
import { KeySpend } from './key-spend.ts';

const rowOf = (name: string): LedgerRow => ({ tags: [`key:${name}`], costPicodollars: 2_000_000_000_000n }) as never;

test('names of the past that no key has take no room from those that keys have', () => {
  const spend = new KeySpend(undefined);

  for (let count = 0; count < 10_001; count++) spend.remember(rowOf(`gone-${count}`), () => false);
  spend.remember(rowOf('blog'), () => true);
  spend.add(rowOf('new'));
  spend.add(rowOf('gone-0'));

  expect(['blog', 'new', 'gone-0', 'gone-9999', 'gone-10000'].map((name) => spend.usdOf(name))).toEqual([2, 2, 4, 2, 0]);
});
