import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkUsage } from './usage.ts';

test('counts that add up are kept, and nothing else of their object', () => {
  const given = { inputTokens: 5, outputTokens: 0, cacheReadTokens: 5, source: { payload: 'kept elsewhere' } };

  expect(checkUsage(given)).toEqual({ usage: { inputTokens: 5, outputTokens: 0, cacheReadTokens: 5 }, problem: undefined });
});

test.each([
  [{ inputTokens: Number.NaN, outputTokens: 1 }, 'inputTokens is no whole number of tokens'],
  [{ inputTokens: 1, outputTokens: -1 }, 'outputTokens is no whole number of tokens'],
  [{ inputTokens: 1.5 }, 'inputTokens is no whole number of tokens'],
  [{ inputTokens: null as unknown as number }, 'inputTokens is no whole number of tokens'],
  [{ inputTokens: 10, cacheReadTokens: 6, cacheWriteTokens: 5 }, 'cacheReadTokens + cacheWriteTokens exceed inputTokens'],
  [{ inputTokens: 10, cacheWriteTokens: 5, cacheWrite1hTokens: 6 }, 'cacheWrite1hTokens exceeds cacheWriteTokens'],
  [{ outputTokens: 10, reasoningTokens: 11 }, 'reasoningTokens exceeds outputTokens'],
  [{ cacheReadTokens: 1 }, 'cacheReadTokens + cacheWriteTokens exceed inputTokens'],
])('%o is reported as a problem', (usage, problem) => {
  expect(checkUsage(usage).problem).toBe(problem);
});

test('whatever comes in, what comes out adds up', () => {
  const anything = fc.option(fc.oneof(fc.integer({ min: -5, max: 50 }), fc.double(), fc.string()), { nil: undefined });
  const fields = [
    'inputTokens',
    'outputTokens',
    'cacheReadTokens',
    'cacheWriteTokens',
    'cacheWrite1hTokens',
    'reasoningTokens',
    'audioInputTokens',
    'audioOutputTokens',
  ];

  fc.assert(
    fc.property(fc.array(anything, { minLength: fields.length, maxLength: fields.length }), (values) => {
      const { usage } = checkUsage(Object.fromEntries(fields.map((field, index) => [field, values[index]])));

      expect(checkUsage(usage)).toEqual({ usage, problem: undefined });
    }),
  );
});
