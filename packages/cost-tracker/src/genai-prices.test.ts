import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { costOf } from './cost-of.ts';
import { genaiPrices } from './genai-prices.ts';

const now = Date.parse('2026-11-01');
const usage = { inputTokens: 1_000_000, outputTokens: 1_000_000 };

/** List prices as of November 2026, in USD for a million tokens in and a million out. */
test.each([
  ['openai', 'gpt-4', '90'],
  ['openai', 'gpt-4o', '12.5'],
  ['openai', 'gpt-4o-2024-05-13', '20'],
  ['openai', 'gpt-4o-mini', '0.75'],
  ['openai', 'o3', '10'],
  ['groq', 'llama-3.3-70b-versatile', '1.38'],
  ['anthropic', 'claude-haiku-4-5', '6'],
  ['azure.ai.openai', 'gpt-4o', '12.5'],
])('%s/%s has its list price', (provider, model, usd) => {
  expect(costOf({ provider, model, usage, at: now })).toMatchObject({ usd, source: 'genai-prices' });
});

test('a price of the past is found by date', () => {
  expect(costOf({ provider: 'openai', model: 'o3', usage, at: new Date('2025-05-01') }).usd).toBe('50');
});

test('a long call is charged at the rates of its tier, exactly', () => {
  const ask = { provider: 'anthropic', model: 'claude-sonnet-4-5', at: now };

  expect(costOf({ ...ask, usage: { inputTokens: 200_000, outputTokens: 1_000 } }).usd).toBe('0.615');
  expect(costOf({ ...ask, usage: { inputTokens: 200_001, outputTokens: 1_000 } }).usd).toBe('1.222506');
});

test('a plain model name is enough where it says whose model it is', () => {
  expect(costOf({ model: 'gpt-4', usage: { inputTokens: 800, outputTokens: 700 } })).toMatchObject({
    usd: '0.066',
    match: 'openai/gpt-4',
  });
});

test.each([
  ['an unknown model', 'openai', 'gpt-99-turbo'],
  ['an unknown dated id', 'openai', 'gpt-4o-2025-12-31'],
  ['somebody else serving a model of OpenAI', 'vllm', 'gpt-4o'],
  ['a provider whose name only contains that of OpenAI', 'openai-compatible', 'gpt-4o'],
  ['a model with a fee per request', 'perplexity', 'sonar'],
  ['hours of audio', 'groq', 'whisper-large-v3'],
])('%s has no price, rather than a wrong one', (_, provider, model) => {
  expect(genaiPrices().resolve(provider, model, now)).toBeNull();
});

test('audio of a model without a rate for it has no price', () => {
  const audio = { inputTokens: 100, audioInputTokens: 50, outputTokens: 10 };

  expect(costOf({ provider: 'openai', model: 'gpt-4o', usage: audio, at: now }).unpriced?.code).toBe('no_rate');
});

test('inconsistent usage is an answer without an amount, not an exception', () => {
  const answer = costOf({ provider: 'openai', model: 'gpt-4o', usage: { inputTokens: 1, cacheReadTokens: 2, outputTokens: 1 } });

  expect(answer).toMatchObject({ usd: null, unpriced: { code: 'bad_usage' } });
});

test('the table is read at the first look-up that own prices do not answer, or by warm()', () => {
  const script = `
    import { createRequire } from 'node:module';
    import { CostTracker, free } from ${JSON.stringify(new URL('index.ts', import.meta.url).href)};
    const { cache } = createRequire(import.meta.url);
    const loaded = () => Object.keys(cache).some((file) => file.includes('genai-prices'));
    const tracker = new CostTracker({ prices: { mine: free }, baseline: 'mine' });
    const before = loaded();
    tracker.record({ model: 'mine', inputTokens: 1, outputTokens: 1 });
    tracker.record({ model: 'ollama/mistral', inputTokens: 1, outputTokens: 1 });
    tracker.summary();
    const own = loaded();
    CostTracker.warm();
    console.log(JSON.stringify([before, own, loaded()]));`;

  const output = execFileSync(
    process.execPath,
    ['--conditions=@rolecall/source', '--import', 'tsx', '--input-type=module', '-e', script],
    { encoding: 'utf8' },
  );

  expect(JSON.parse(output)).toEqual([false, false, true]);
}, 30_000);
