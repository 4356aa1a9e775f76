import { expect, test } from 'vitest';
import { IdSet } from './ledger-file/id-set.ts';
import { RowIds } from './row-ids.ts';

test('no two rows share a name, of one tracker or of several, nor do a hundred thousand of them share a hash', () => {
  const trackers = [new RowIds(), new RowIds()];
  const seen = new IdSet();
  let repeated = 0;

  for (let count = 0; count < 50_000; count++) {
    for (const ids of trackers) if (!seen.add(ids.next())) repeated += 1;
  }

  expect(repeated).toBe(0);
});
