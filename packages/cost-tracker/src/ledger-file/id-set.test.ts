import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdSet } from './id-set.ts';

test('it knows of every id whether it is new', () => {
  const ids = fc.array(fc.oneof(fc.string({ maxLength: 2 }), fc.uuid()), { maxLength: 3_000 });
  fc.assert(
    fc.property(ids, (given) => {
      const [set, known] = [new IdSet(), new Set<string>()];

      expect(given.map((id) => set.add(id))).toEqual(given.map((id) => known.size < known.add(id).size));
    }),
    { numRuns: 30 },
  );
});

test('ids that differ little are still different', () => {
  const set = new IdSet();
  const newIds = (): number => Array.from({ length: 100_000 }, (_, index) => set.add(`row-${index}`)).filter(Boolean).length;

  expect([newIds(), newIds()]).toEqual([100_000, 0]);
});
