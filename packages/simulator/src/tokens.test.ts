import { expect, test } from 'vitest';
import { countTokens, firstTokens } from './tokens.ts';

test.each([
  ['', 0],
  ['a', 1],
  ['abcd', 1],
  ['abcde', 2],
  ['äöü', 2],
  ['🙂', 1],
])('%j counts as %i tokens: its UTF-8 bytes over four, rounded up', (text, tokens) => {
  expect(countTokens(text)).toBe(tokens);
});

test('the first tokens of a text count as no more than asked for, and end at a whole character', () => {
  const text = 'aä🙂'.repeat(20);

  for (let tokens = 0; tokens <= countTokens(text); tokens++) {
    const beginning = firstTokens(text, tokens);
    expect(countTokens(beginning)).toBeLessThanOrEqual(tokens);
    expect(text.startsWith(beginning)).toBe(true);
    expect(beginning).not.toContain('�');
  }
  expect(firstTokens(text, 1_000)).toBe(text);
});
