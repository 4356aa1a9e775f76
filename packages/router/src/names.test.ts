import { expect, test } from 'vitest';
import { hint, unknownModel, unknownRole } from './names.ts';

test('says which models there are', () => {
  expect(unknownModel('x', ['gpt-4', 'groq-fast'])).toBe('There is no model named "x"; there are: gpt-4, groq-fast.');
});

test('says which roles there are, and that there are none', () => {
  expect(unknownRole('cook', ['writer'])).toBe('There is no role named "cook" and no default role; there are: writer.');
  expect(unknownRole(undefined, [])).toBe(
    'The request names neither a role nor a model, and no default role is set; there are: none.',
  );
});

test.each([
  ['gtp-4', 'gpt-4'],
  ['GPT-4', 'gpt-4'],
  ['groqfast', 'groq-fast'],
  ['gpt-40', 'gpt-4'],
])('for %s proposes %s', (wrong, right) => {
  expect(hint(wrong, ['local-mistral', 'gpt-4', 'groq-fast'])).toBe(` Did you mean "${right}"?`);
});

test.each(['claude', 'x', ''])('proposes nothing for %j, which is near nothing', (wrong) => {
  expect(hint(wrong, ['gpt-4', 'groq-fast'])).toBe('');
});
