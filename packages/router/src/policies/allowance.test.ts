import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAllowance } from './allowance.ts';

test('never more are taken than the share of the requests so far, whenever they are wanted', () => {
  const wants = fc.array(fc.nat(3), { maxLength: 300 });
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), wants, (share, wanted) => {
      const allowance = createAllowance(share, 5);
      let taken = 0;
      for (const [index, count] of wanted.entries()) {
        allowance.earn();
        for (let want = 0; want < count; want++) if (allowance.take()) taken += 1;
        expect(taken).toBeLessThanOrEqual((index + 1) * share);
      }
    }),
  );
});

test('at 5 % every twentieth request has one, if each takes what there is', () => {
  const allowance = createAllowance(0.05, 5);
  let taken = 0;

  for (let index = 0; index < 1_000; index++) {
    allowance.earn();
    if (allowance.take()) taken += 1;
  }

  expect(taken).toBe(50);
});

test('after a quiet time there are no more at once than may be saved', () => {
  const allowance = createAllowance(0.05, 5);
  for (let index = 0; index < 10_000; index++) allowance.earn();

  const taken = Array.from({ length: 20 }, () => allowance.take()).filter(Boolean);

  expect(taken).toHaveLength(5);
});
