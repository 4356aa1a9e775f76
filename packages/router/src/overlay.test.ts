import { expect, test } from 'vitest';
import { overlay } from './overlay.ts';

test('what is defined on top wins, what is undefined does not', () => {
  const base: { a?: number | undefined; b?: number | undefined } = { a: 1, b: 2 };

  expect(overlay(base, { a: undefined, b: 0 })).toStrictEqual({ a: 1, b: 0 });
  expect(overlay(base, undefined)).toStrictEqual(base);
  expect(base).toStrictEqual({ a: 1, b: 2 });
});
