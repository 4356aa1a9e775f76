import { expect, test } from 'vitest';
import { textBytes, tokensIn } from './text-tokens.ts';

test('a long text counts in every script, also in those without spaces', () => {
  const chinese = '海'.repeat(4_000);

  expect(textBytes([{ role: 'user', content: chinese }])).toBe(12_000 + 'user'.length);
  expect(tokensIn(12_000)).toBe(3_000);
});

test('pictures and other data count as nothing, however they are given', () => {
  const data = Buffer.alloc(3_000, 7).toString('base64');

  expect(textBytes([{ data }, { url: `data:image/png;base64,${data}` }, { data: data.replaceAll('/', '_') }])).toBe(0);
});
