import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Spend } from './spend.ts';

const amount = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.bigInt({ min: 2n ** 52n - 3n, max: 2n ** 53n + 3n }), fc.bigInt({ min: 0n, max: 9n })); // prettier-ignore

test('the sum is exact, however large the parts are, and in whatever groups they come', () => {
  fc.assert(
    fc.property(fc.array(fc.array(amount)), (groups) => {
      const total = new Spend();
      for (const group of groups) {
        const spend = new Spend();
        for (const each of group) spend.add(each);
        total.merge(spend);
      }

      expect(total.known).toBe(groups.flat().reduce((sum, each) => sum + each, 0n));
    }),
  );
});

test('what has no cost is counted, and alone it is no sum', () => {
  const spend = new Spend();
  expect(spend.known).toBe(0n);

  spend.add(null);
  expect(spend.known).toBeNull();
  spend.add(5n);
  expect(spend).toMatchObject({ requests: 2, unpriced: 1, known: 5n });
});
