import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryStore } from './memory-store.ts';

const perEntry = 512; // counted for each entry, whatever it holds
const text = (bytes: number): string => 'x'.repeat(bytes);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what was set is there until its time is up', () => {
  const store = memoryStore();
  store.set('a', 'grüße, 世界', 1_000);

  vi.advanceTimersByTime(999);
  expect(store.get('a')).toBe('grüße, 世界');
  vi.advanceTimersByTime(1);
  expect(store.get('a')).toBeUndefined();
});

test('what was not read for longest makes room', () => {
  const store = memoryStore({ maxBytes: 2 * (100 + perEntry) });
  store.set('a', text(100), 1_000);
  store.set('b', text(100), 1_000);
  store.get('a');

  store.set('c', text(100), 1_000);

  expect(['a', 'b', 'c'].map((key) => store.get(key) !== undefined)).toEqual([true, false, true]);
});

test('bytes are counted, not letters', () => {
  const store = memoryStore({ maxBytes: 300 + perEntry });

  store.set('letters', '世'.repeat(101), 1_000);
  store.set('fits', '世'.repeat(100), 1_000);

  expect(store.get('letters')).toBeUndefined();
  expect(store.get('fits')).toBe('世'.repeat(100));
});

test('what is too big for the whole store drives nobody out, and takes the place of its own old value', () => {
  const store = memoryStore({ maxBytes: 100 + perEntry });
  store.set('a', text(100), 1_000);

  store.set('b', text(101), 1_000);
  expect(store.get('a')).toBe(text(100));
  store.set('a', text(101), 1_000);
  expect(store.get('a')).toBeUndefined();
});

test('whatever is set, read and deleted, the entries left fit, and the last one set is among them', () => {
  const command = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    size: fc.nat(600),
    what: fc.constantFrom('set', 'get', 'delete'),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const maxBytes = 2_500;
      const store = memoryStore({ maxBytes });
      for (const { key, size, what } of commands) {
        if (what === 'get') store.get(key);
        else if (what === 'delete') store.delete?.(key);
        else {
          store.set(key, text(size), 1_000);
          expect(store.get(key)).toBe(text(size));
        }
        const held = ['a', 'b', 'c', 'd', 'e'].flatMap((each) => (store.get(each) as string | undefined) ?? []);
        expect(held.reduce((sum, value) => sum + value.length + perEntry, 0)).toBeLessThanOrEqual(maxBytes);
      }
    }),
  );
});

test('many entries take no more memory than the bound', () => {
  const entries = process.env['ROLECALL_SOAK'] ? 1_000_000 : 100_000;
  const store = memoryStore({ maxBytes: 1_000_000 });

  for (let index = 0; index < entries; index++) store.set(`key-${index}`, '{"version":1}', 60_000);

  const left = Array.from({ length: 3_000 }, (_, index) => store.get(`key-${entries - 1 - index}`)).filter(Boolean);
  expect(left).toHaveLength(Math.floor(1_000_000 / (13 + perEntry)));
});

test.each([0, -1, 1.5, Number.NaN, '1MB'])('maxBytes: %s is refused', (maxBytes) => {
  expect(() => memoryStore({ maxBytes: maxBytes as number })).toThrow(/^memoryStore: maxBytes is .+; it must be a whole number/);
});
