import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { dropToolResults, splitForSummary, takeContextWindow, TokenCounter } from './context-window.ts';
import type { Message } from './model.ts';

const asked = (id: string): Message => ({ role: 'assistant', content: '', toolCalls: [{ id, name: 'look', arguments: '{}' }] });
const told = (id: string, content: string): Message => ({ role: 'tool', toolCallId: id, name: 'look', content });
const opening: readonly Message[] = [
  { role: 'system', content: 'You look.' },
  { role: 'user', content: 'Look.' },
];
const talk = [...opening, asked('1'), told('1', 'x'.repeat(400)), asked('2'), told('2', 'y'.repeat(400))];
const counter = new TokenCounter({ maxTokens: 1_000 });

test('four ASCII characters count as a token, and one of another script does', () => {
  expect(counter.of([{ role: 'user', content: 'abcd'.repeat(100) }])).toBe(104);
  expect(counter.of([{ role: 'user', content: '蜜'.repeat(100) }])).toBe(104);
});

test('parts, media and tool calls count too', () => {
  const image = { type: 'image', url: 'https://example.com/bee.png' } as const;

  expect(counter.of([{ role: 'user', content: [{ type: 'text', text: 'abcd' }, image] }])).toBe(1_505);
  expect(counter.of([asked('1')])).toBe(4 + 2);
  expect(counter.ofTools([])).toBe(0);
  expect(counter.ofTools([{ name: 'look', parameters: {} }])).toBeGreaterThan(5);
});

test('a message is counted once, with the function given', () => {
  const texts: string[] = [];
  const own = new TokenCounter({ maxTokens: 1, countTokens: (text) => texts.push(text) });

  own.of(opening);
  own.of(opening);

  expect(texts).toEqual(['You look.', 'Look.']);
});

const fits = (limit: number) => (messages: readonly Message[]) => counter.of(messages) <= limit;

test('tool results are dropped from the oldest on, and those of the last turn never', () => {
  expect(dropToolResults(talk, fits(10_000))).toEqual(talk);
  const dropped = dropToolResults(talk, fits(0));
  expect(dropped[3]?.content).toContain('removed');
  expect(dropped[5]).toEqual(talk[5]);
  expect(talk[3]?.content).toContain('xxx');
});

test('a summary stands for everything between the opening and the last turn', () => {
  expect(splitForSummary(talk)).toEqual({ opening, work: talk.slice(2, 4), last: talk.slice(4) });
  expect(splitForSummary(opening)).toEqual({ opening, work: [], last: [] });
});

test('whatever was said, a split loses nothing and keeps calls with their results', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 8 }), (results) => {
      const turns = results.flatMap((count, turn) => [
        asked(`${turn}`),
        ...Array.from({ length: count }, () => told(`${turn}`, 'x')),
      ]);
      const { opening: head, work, last } = splitForSummary([...opening, ...turns]);

      expect([...head, ...work, ...last]).toEqual([...opening, ...turns]);
      expect([work[0]?.role, last[0]?.role]).not.toContain('tool');
    }),
  );
});

test.each<[string, unknown, string]>([
  ['a number', 8_000, 'contextWindow is 8000, and has to be an object with maxTokens'],
  ['no size', {}, 'contextWindow.maxTokens is undefined'],
  ['half a token', { maxTokens: 0.5 }, 'contextWindow.maxTokens is 0.5, and has to be a whole number of tokens above 0'],
  ['an unknown policy', { maxTokens: 1, policy: 'trim' }, 'has to be one of error, drop_tool_results, summarise'],
  ['a counter that is none', { maxTokens: 1, countTokens: 4 }, 'contextWindow.countTokens is 4, and has to be a function'],
])('%s is refused', (_what, window, message) => {
  expect(() => takeContextWindow('Agent "a"', window)).toThrow(message);
});
