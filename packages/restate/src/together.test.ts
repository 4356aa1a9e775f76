import { expect, test } from 'vitest';
import { together } from './together.ts';

const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(index));

test('whoever asks while a question is out is in the next, and each key is in it once', async () => {
  const asked: string[][] = [];
  const look = together(async (keys) => {
    asked.push([...keys]);
    await Promise.resolve();
    return keys.join('+');
  });

  const first = look('a');
  await Promise.resolve();
  const answers = await Promise.all([first, look('b'), look('c'), look('b')]);

  expect(asked).toEqual([['a'], ['b', 'c']]);
  expect(answers).toEqual(['a', 'b+c', 'b+c', 'b+c']);
});

test('one question is out at a time, and none is too long', async () => {
  let [now, most] = [0, 0];
  const lengths: number[] = [];
  const look = together(async (keys) => {
    most = Math.max(most, ++now);
    lengths.push(keys.length);
    await Promise.resolve();
    now -= 1;
    return keys.includes('499');
  });

  const answers = await Promise.all(numbers(500).map(look));

  expect(most).toBe(1);
  expect(lengths).toEqual([200, 200, 100]);
  expect(answers.filter(Boolean)).toHaveLength(100);
});

test('a question that fails fails for those who asked it alone', async () => {
  const look = together(async ([key]) => {
    await Promise.resolve();
    if (key === 'a') throw new Error('no');
    return key;
  });

  const first = look('a');
  await Promise.resolve();
  const outcomes = await Promise.allSettled([first, look('b')]);

  expect(outcomes).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled', value: 'b' }]);
});
