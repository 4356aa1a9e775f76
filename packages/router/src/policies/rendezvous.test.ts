import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { rendezvousScore } from './rendezvous.ts';

function ownerOf(key: string, ids: readonly string[], weightOf: (id: string) => number = () => 1): string | undefined {
  const scored = ids.map((id) => ({ id, score: rendezvousScore(key, id, weightOf(id)) }));
  return scored.toSorted((a, b) => b.score - a.score)[0]?.id;
}

test('when a member goes only its own keys move, whatever the names and keys', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(names, fc.array(fc.string(), { maxLength: 50 }), fc.nat(), (ids, keys, nth) => {
      const gone = ids[nth % ids.length];
      const left = ids.filter((id) => id !== gone);
      for (const key of keys) {
        const before = ownerOf(key, ids);
        if (before !== gone) expect(ownerOf(key, left)).toBe(before);
      }
    }),
  );
});

test('keys that look alike spread evenly over members that look alike', () => {
  const ids = ['gpt-4#1', 'gpt-4#2', 'gpt-4#3', 'gpt-4#4'];
  const counts = new Map<string | undefined, number>();
  for (let n = 0; n < 10_000; n++) {
    const owner = ownerOf(`session-${n}`, ids);
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }

  for (const id of ids) expect(counts.get(id)).toBeGreaterThan(2_300);
});

test('members get keys by their weight, and none at weight 0', () => {
  const weights = new Map([['a', 3], ['b', 1], ['c', 0]]); // prettier-ignore
  const owners = Array.from({ length: 10_000 }, (_, n) => ownerOf(`${n}`, [...weights.keys()], (id) => weights.get(id) ?? 0));

  expect(owners.filter((id) => id === 'a').length / 10_000).toBeCloseTo(0.75, 1);
  expect(owners).not.toContain('c');
});
