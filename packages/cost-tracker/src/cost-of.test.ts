import { describe, expect, test } from 'vitest';
import { costOf, type CostAnswer, type CostQuestion } from './cost-of.ts';
import { CostTracker } from './cost-tracker.ts';
import { usageFrom } from './usage-from.ts';

const at = new Date('2026-11-20');
const million = { inputTokens: 1_000_000, outputTokens: 1_000_000 };

/** The price of a million tokens in and a million out. */
const perMillion = (provider: string, model: string, more: Partial<CostQuestion> = {}): string | null =>
  costOf({ provider, model, usage: million, at, ...more }).usd;

function askSonnet(payload: object): CostAnswer {
  return costOf({ provider: 'anthropic', model: 'claude-sonnet-4-5', at, ...usageFrom('messages', payload) });
}

describe('payloads', () => {
  // A reply of claude-sonnet-5 whose advisor, claude-opus-4-8, is only in `iterations`: 1,128 + 1,262 in and 121 out at the top.
  const pass = { cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
  const advised = {
    model: 'claude-sonnet-5',
    usage: {
      ...pass,
      input_tokens: 2_390,
      output_tokens: 121,
      service_tier: 'standard',
      iterations: [
        { ...pass, type: 'message', model: null, input_tokens: 1_128, output_tokens: 80 },
        { ...pass, type: 'advisor_message', model: 'claude-opus-4-8', input_tokens: 2_518, output_tokens: 22 },
        { ...pass, type: 'message', model: null, input_tokens: 1_262, output_tokens: 41 },
      ],
    },
  };

  test('the passes of an advisor are billed by its own model: 0.01913, where the top level alone says 0.00599', () => {
    const answer = costOf({ provider: 'anthropic', model: 'claude-sonnet-5', at, ...usageFrom('messages', advised) });

    expect(answer.usd).toBe('0.01913');
    expect(answer.parts?.map(({ usd, price }) => [usd, price?.match])).toEqual([
      ['0.003056', 'anthropic/claude-sonnet-5'],
      ['0.01314', 'anthropic/claude-opus-4-8'],
      ['0.002934', 'anthropic/claude-sonnet-5'],
    ]);
  });

  test('a ledger row says the same', () => {
    const row = new CostTracker().record({
      model: 'anthropic/claude-sonnet-5',
      at: +at,
      source: { api: 'messages', payload: advised },
    });

    expect(row.costPicodollars).toBe(19_130_000_000n);
    expect(row).toMatchObject({
      api: 'messages',
      servedModel: 'claude-sonnet-5',
      usage: { inputTokens: 4_908, outputTokens: 143 },
    });
  });

  test('each pass is in the tier of its own size, and the sum of them in none', () => {
    const passes = [1, 2].map(() => ({ ...pass, type: 'message', input_tokens: 150_000, output_tokens: 0 }));
    const usage = { ...pass, input_tokens: 300_000, output_tokens: 0 };
    expect(askSonnet({ usage: { ...usage, iterations: passes } }).usd).toBe('0.9'); // 3 a million
    const summed = askSonnet({ usage: { ...usage, server_tool_use: { web_search_requests: 1 } } });
    expect(summed.usd).toBe('1.81'); // 6 a million, and a search
    expect(summed.approximate).toBe('its input may be the sum of several turns in a lower tier');
  });

  test('reads and writes of the cache have three rates', () => {
    const usage = {
      input_tokens: 100,
      cache_read_input_tokens: 1_000,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
      output_tokens: 10,
    };

    // 100 × 3 + 1,000 × 0.3 + 200 × 3.75 + 100 × 6 + 10 × 15, in millionths
    expect(costOf({ provider: 'anthropic', model: 'claude-sonnet-4-5', at, ...usageFrom('messages', usage) }).usd).toBe('0.0021');
  });

  test('compound systems of Groq are billed by the models behind them', () => {
    const models = [{ model: 'openai/gpt-oss-120b', usage: { prompt_tokens: 1_000, completion_tokens: 1_000 } }];
    const payload = {
      model: 'groq/compound',
      usage: { prompt_tokens: 1_000, completion_tokens: 1_000 },
      usage_breakdown: { models },
    };

    const answer = costOf({ provider: 'groq', model: 'groq/compound', at, ...usageFrom('chat.completions', payload) });

    expect(answer.usd).toBe('0.00075');
    expect(answer.parts?.[0]?.price?.match).toBe('groq/openai/gpt-oss-120b');
  });

  test('what the provider says it charged is the cost, and is labelled so', () => {
    const payload = { usage: { prompt_tokens: 194, completion_tokens: 2, cost: 0.000_123_4 } };

    expect(costOf({ provider: 'openrouter', model: 'any/model', at, ...usageFrom('chat.completions', payload) })).toMatchObject({
      usd: '0.0001234',
      source: 'reported',
      rates: null,
    });
  });

  test('a pass without a price leaves the whole without one, and says which', () => {
    const payload = {
      usage: {
        ...advised.usage,
        iterations: [{ ...pass, type: 'advisor_message', model: 'claude-unheard-of', input_tokens: 1, output_tokens: 1 }],
      },
    };

    const answer = costOf({ provider: 'anthropic', model: 'claude-sonnet-5', at, ...usageFrom('messages', payload) });

    expect(answer.usd).toBeNull();
    expect(answer.unpriced?.reason).toBe('no price is known for anthropic/claude-unheard-of');
    expect(answer.parts?.[0]?.usd).toBe('0.00599');
  });

  test('a payload with a problem has no cost', () => {
    const report = usageFrom('messages', { input_tokens: Number.NaN, output_tokens: 1 });

    expect(costOf({ provider: 'anthropic', model: 'claude-sonnet-5', ...report }).unpriced?.code).toBe('bad_usage');
  });
});

describe('terms', () => {
  test.each<[string, string, string, Partial<CostQuestion>, string | null]>([
    ['batch at OpenAI', 'openai', 'gpt-4o', { serviceTier: 'batch' }, '6.25'],
    ['flex at OpenAI', 'openai', 'gpt-5', { serviceTier: 'flex' }, '5.625'],
    ['the default tier', 'openai', 'gpt-5', { serviceTier: 'default' }, '11.25'],
    ['priority, as gpt-5', 'openai', 'gpt-5', { serviceTier: 'priority' }, '22.5'],
    ['priority by its new name', 'openai', 'gpt-5', { serviceTier: 'fast' }, '22.5'],
    ['priority of an edition', 'openai', 'gpt-5-mini', { serviceTier: 'priority', servedModel: 'gpt-5-mini-2025-08-07' }, '4.05'],
    ['priority in thirds', 'openai', 'gpt-4o-mini', { serviceTier: 'priority' }, '1.25'],
    ['priority of a model whose price nobody published', 'openai', 'gpt-4', { serviceTier: 'priority' }, null],
    ['a tier nobody knows', 'openai', 'gpt-5', { serviceTier: 'platinum' }, null],
    ['batch at Anthropic', 'anthropic', 'claude-sonnet-5', { serviceTier: 'batch' }, '6'],
    ['priority at Anthropic', 'anthropic', 'claude-sonnet-5', { serviceTier: 'priority' }, null],
    ['fast Opus 5.5', 'anthropic', 'claude-opus-5-5', { speed: 'fast' }, '48'],
    ['fast Opus 4.6', 'anthropic', 'claude-opus-4-6', { speed: 'fast' }, '180'],
    ['a fast model that is none', 'anthropic', 'claude-haiku-4-5', { speed: 'fast' }, null],
    ['in the US', 'anthropic', 'claude-opus-5-5', { inferenceGeo: 'us' }, '26.4'],
    [
      'fast, in the US, in batches',
      'anthropic',
      'claude-opus-5-5',
      { inferenceGeo: 'us', speed: 'fast', serviceTier: 'batch' },
      '26.4',
    ],
    ['anywhere', 'anthropic', 'claude-opus-5-5', { inferenceGeo: 'global' }, '24'],
    ['flex at Groq', 'groq', 'llama-3.3-70b-versatile', { serviceTier: 'flex' }, '1.38'],
    ['on demand at Groq', 'groq', 'llama-3.3-70b-versatile', { serviceTier: 'on_demand' }, '1.38'],
    ['batch at Groq', 'groq', 'llama-3.3-70b-versatile', { serviceTier: 'batch' }, '0.69'],
    ['whatever is free', 'ollama', 'llama3.2', { serviceTier: 'platinum' }, '0'],
  ])('%s', (_, provider, model, terms, usd) => {
    expect(perMillion(provider, model, terms)).toBe(usd);
  });

  test('an unknown tier is named, and no price is taken for it', () => {
    expect(costOf({ provider: 'openai', model: 'gpt-5', usage: million, serviceTier: 'scale' }).unpriced).toEqual({
      code: 'unknown_terms',
      reason: 'no price is known for the scale tier of gpt-5',
    });
  });

  test('the rates that are kept are those used', () => {
    const row = new CostTracker().record({ model: 'openai/gpt-4o', serviceTier: 'priority', ...million, at: +at });

    expect(row.price).toMatchObject({ rates: { input: 4.25, output: 17, cacheRead: 2.125 }, multiplier: 1.7 });
    expect(row.terms).toEqual({ serviceTier: 'priority' });
  });

  test('an own price says what its tiers cost, or is marked', () => {
    const prices = { m: { input: 1, output: 1, serviceTiers: { batch: 0.5 } } };

    expect(costOf({ model: 'm', usage: million, prices, serviceTier: 'batch' })).toMatchObject({ usd: '1', approximate: null });
    expect(costOf({ model: 'm', usage: million, prices, serviceTier: 'flex' })).toMatchObject({
      usd: '2',
      approximate: 'the price says nothing about the flex tier',
    });
  });
});

describe('tools at the provider', () => {
  const small = { inputTokens: 0, outputTokens: 0 };

  test('searches are charged by the thousand, and reading a page is free', () => {
    const answer = costOf({
      provider: 'anthropic',
      model: 'claude-sonnet-5',
      usage: small,
      serverTools: { web_search: 3, web_fetch: 9 },
    });

    expect(answer).toMatchObject({ usd: '0.03', feesUsd: '0.03', approximate: null });
  });

  test('searches of files, too', () => {
    expect(costOf({ provider: 'openai', model: 'gpt-5', usage: small, serverTools: { file_search: 2, web_search: 1 } }).usd).toBe(
      '0.015',
    );
  });

  test('fees are not multiplied by the tier', () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 0 };

    expect(costOf({ provider: 'openai', model: 'gpt-5', usage, serviceTier: 'flex', serverTools: { web_search: 1 } }).usd).toBe(
      '0.635',
    );
  });

  test('a tool whose fee nobody knows leaves a mark', () => {
    expect(costOf({ provider: 'openai', model: 'gpt-5', usage: small, serverTools: { code_interpreter: 1 } }).approximate).toBe(
      'a fee for code_interpreter is not included',
    );
  });

  test('an own price may have fees', () => {
    const prices = { m: { input: 1, output: 1, fees: { web_search: 5 } } };

    expect(costOf({ model: 'm', usage: small, prices, serverTools: { web_search: 1 } }).usd).toBe('0.005');
  });
});

describe('names', () => {
  test.each([
    ['an edition that is not listed', 'openai', 'gpt-4o-2027-01-01', 'the price of gpt-4o, as gpt-4o-2027-01-01 is not listed'],
    ['a prefix of the vendor', 'openai', 'openai/gpt-4o', 'the price of gpt-4o, as openai/gpt-4o is not listed'],
    ['both', 'openai', 'openai/gpt-4o-2027-01-01', 'the price of gpt-4o, as openai/gpt-4o-2027-01-01 is not listed'],
  ])('%s takes the price of the nearest, and is marked', (_, provider, model, approximate) => {
    expect(costOf({ provider, model, usage: million, at })).toMatchObject({ usd: '12.5', approximate });
  });

  test('a served edition that is not listed falls back on what was asked for, marked', () => {
    expect(costOf({ provider: 'openai', model: 'gpt-4o', servedModel: 'gpt-4o-2027-01-01', usage: million, at })).toMatchObject({
      usd: '12.5',
      approximate: 'the price of gpt-4o, as gpt-4o-2027-01-01 is not listed',
    });
  });

  test.each([
    ['openai', 'gpt-99'],
    ['openai-compatible', 'gpt-4o'],
    ['vllm', 'openai/gpt-4o'],
  ])('%s/%s has none', (provider, model) => {
    expect(costOf({ provider, model, usage: million, at }).usd).toBeNull();
  });

  test('a listed model is no approximation', () => {
    expect(costOf({ provider: 'openai', model: 'gpt-4o-2024-08-06', usage: million, at })).toMatchObject({
      usd: '12.5',
      source: 'genai-prices',
      version: '0.1.8',
      approximate: null,
    });
  });
});

test('audio of models whose table entry has text alone', () => {
  // Half of a million in and a million out is audio: 1.25 + 20 + 5 + 40
  const usage = { ...million, audioInputTokens: 500_000, audioOutputTokens: 500_000 };

  expect(costOf({ provider: 'openai', model: 'gpt-4o-audio-preview', usage, at })).toMatchObject({
    usd: '66.25',
    source: 'overlay',
  });
  expect(costOf({ provider: 'openai', model: 'gpt-4o-audio-preview-2024-10-01', usage, at }).unpriced?.code).toBe('no_rate');
});

test.each([
  ['2025-05-01', '50'],
  ['2025-07-01', '10'],
])('on %s, o3 cost %s', (date, usd) => {
  expect(costOf({ provider: 'openai', model: 'o3', usage: million, at: new Date(date) }).usd).toBe(usd);
});
