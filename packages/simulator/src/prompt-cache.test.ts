import { expect, test } from 'vitest';
import { promptBlock, promptTokens, type Ask, type BlockOptions } from './ask.ts';
import { PromptCache } from './prompt-cache.ts';

const long = (letter: string, tokens: number) => letter.repeat(tokens * 4);

function ask(...blocks: readonly (readonly [text: string, options?: BlockOptions])[]): Ask {
  const prompt = blocks.map(([text, options]) => promptBlock(text, options));
  return { model: 'm', stream: false, turns: [], tools: [], toolChoice: 'auto', stop: [], reasoning: false, prompt };
}

test('a prompt of 1,024 tokens or more is read from the cache the second time, in steps of 128', () => {
  const cache = new PromptCache();
  const prompt = ask([long('a', 1_200)]);

  expect(cache.automatic(prompt).cacheReadTokens).toBe(0);
  expect(cache.automatic(prompt).cacheReadTokens).toBe(1_152);
});

test('only the part that two prompts begin with is read', () => {
  const cache = new PromptCache();
  cache.automatic(ask([long('a', 1_500)], [long('b', 1_000)]));

  const { cacheReadTokens } = cache.automatic(ask([long('a', 1_500)], [long('c', 1_000)]));

  expect(cacheReadTokens).toBe(1_408); // 11 steps of 128: the twelfth holds the difference
});

test('a short prompt, or the same one for another model, is not read', () => {
  const cache = new PromptCache();
  cache.automatic(ask([long('a', 1_000)]));
  cache.automatic(ask([long('b', 2_000)]));

  expect(cache.automatic(ask([long('a', 1_000)])).cacheReadTokens).toBe(0);
  expect(cache.automatic({ ...ask([long('b', 2_000)]), model: 'other' }).cacheReadTokens).toBe(0);
});

test('a picture is many bytes and few tokens: never more is read than there was', () => {
  const cache = new PromptCache();
  const prompt = ask([long('a', 1_100)], [long('z', 5_000), { media: true }]);
  cache.automatic(prompt);

  expect(cache.automatic(prompt).cacheReadTokens).toBeLessThanOrEqual(promptTokens(prompt.prompt));
});

test('a marked prompt is written first and read after', () => {
  const cache = new PromptCache();
  const prompt = ask([long('a', 2_000), { cache: '5m' }], ['a question']);

  expect(cache.marked(prompt)).toEqual({ cacheReadTokens: 0, cacheWriteTokens: 2_000, cacheWrite1hTokens: 0 });
  expect(cache.marked(prompt)).toEqual({ cacheReadTokens: 2_000, cacheWriteTokens: 0, cacheWrite1hTokens: 0 });
});

test('a conversation that grows reads what it had and writes what is new, each for its own time', () => {
  const cache = new PromptCache();
  cache.marked(ask([long('a', 2_000), { cache: '1h' }]));

  const grown = cache.marked(ask([long('a', 2_000), { cache: '1h' }], [long('b', 300), { cache: '5m' }]));

  expect(grown).toEqual({ cacheReadTokens: 2_000, cacheWriteTokens: 300, cacheWrite1hTokens: 0 });
});

test('what is kept for an hour is counted apart', () => {
  const cache = new PromptCache();

  const written = cache.marked(ask([long('a', 2_000), { cache: '1h' }], [long('b', 300), { cache: '5m' }]));

  expect(written).toEqual({ cacheReadTokens: 0, cacheWriteTokens: 2_300, cacheWrite1hTokens: 2_000 });
});

test('a mark below 1,024 tokens keeps nothing', () => {
  const cache = new PromptCache();
  const prompt = ask([long('a', 1_000), { cache: '5m' }]);
  cache.marked(prompt);

  expect(cache.marked(prompt)).toEqual({ cacheReadTokens: 0, cacheWriteTokens: 0, cacheWrite1hTokens: 0 });
});

test('the cache holds no more than it was told to; the oldest go first', () => {
  const cache = new PromptCache(10);
  const prompt = ask([long('a', 2_000), { cache: '5m' }]);
  cache.marked(prompt);

  for (let index = 0; index < 10; index++) cache.marked(ask([`${index}${long('b', 2_000)}`, { cache: '5m' }]));

  expect(cache.marked(prompt).cacheReadTokens).toBe(0);
});
