import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BoundedMap } from './bounded-map.ts';

test('it never has more entries than it may, and whoever is gone was told of', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(9)), (most, keys) => {
      const gone: number[] = [];
      const map = new BoundedMap<number>(most, { onGone: (value) => gone.push(value) });
      const added: number[] = [];

      for (const key of keys) {
        if (map.get(String(key)) !== undefined) continue;
        map.add(String(key), key);
        added.push(key);
        expect(map.size).toBeLessThanOrEqual(most);
        expect(map.get(String(key))).toBe(key);
      }

      const left = map.entries().map(([, value]) => value);
      expect(new Set([...gone, ...left])).toEqual(new Set(added));
      expect(gone.length + map.size).toBe(added.length);
    }),
  );
});

test('who is asked for stays, and who is not goes first', () => {
  const map = new BoundedMap<string>(3);
  for (const key of ['a', 'b', 'c']) map.add(key, key);

  for (let index = 0; index < 100; index++) {
    map.get('b');
    map.add(`new-${index}`, 'new');
  }

  expect(map.get('b')).toBe('b');
  expect(map.entries().map(([key]) => key)).toEqual(['b', 'new-98', 'new-99']);
});

test('who may not go stays, and the map grows if it must', () => {
  const map = new BoundedMap<boolean>(2, { mayGo: (free) => free });

  for (const [key, free] of [['held', false], ['free', true], ['held too', false], ['one more', false]] as const) map.add(key, free); // prettier-ignore

  expect(map.entries().map(([key]) => key)).toEqual(['held', 'held too', 'one more']);
});

test('while nobody may go, it grows without going round each time', () => {
  let asked = 0;
  const mayGo = (): boolean => (asked++, false);
  const map = new BoundedMap<number>(100, { mayGo });

  for (let index = 0; index < 10_000; index++) map.add(String(index), index);

  expect(map.size).toBe(10_000);
  expect(asked).toBeLessThan(200_000);
});

test('a hundred thousand entries through a map of a thousand take no longer each than the first', () => {
  const map = new BoundedMap<number>(1_000);

  for (let index = 0; index < 100_000; index++) map.add(String(index), index);

  expect(map.size).toBe(1_000);
});
