import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CallRecord } from './call-record.ts';
import { CostTracker } from './cost-tracker.ts';
import { free, perThousand } from './own-prices.ts';
import type { PriceSource } from './price-source.ts';

const usage = { inputTokens: 1_000, outputTokens: 1_000 };
const cents = { 'a-name': perThousand(1), 'acme/big': perThousand(2), big: perThousand(3), 'big-2026': perThousand(4) };

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message) => void warnings.push(String(message)));
});
afterEach(() => void vi.restoreAllMocks());

test.each<[string, Partial<CallRecord>, number, string]>([
  ['the named model', { name: 'a-name', model: 'acme/big', servedModel: 'big-2026' }, 2, 'a-name'],
  ['then provider/model', { name: 'other', model: 'acme/big', servedModel: 'big-2026' }, 4, 'acme/big'],
  ['then the model alone', { model: 'other/big', servedModel: 'big-2026' }, 6, 'big'],
  ['then the served model', { model: 'other/alias', servedModel: 'big-2026' }, 8, 'big-2026'],
])('own prices are looked up by %s', (_, names, costUsd, match) => {
  const row = new CostTracker({ prices: cents }).record({ model: '', ...names, ...usage });

  expect(row).toMatchObject({ costUsd, price: { source: 'own', match } });
});

test('the agent is no price key: what a call costs does not depend on who asks', () => {
  const row = new CostTracker({ prices: { researcher: perThousand(1) } }).record({
    agent: 'researcher',
    model: 'acme/x',
    ...usage,
  });

  expect(row.costUsd).toBeNull();
});

test('a row keeps the exact cost, the rates used and where they come from', () => {
  const tracker = new CostTracker();

  const row = tracker.record({ model: 'openai/gpt-4o', inputTokens: 3, cacheReadTokens: 2, outputTokens: 1 });

  expect(row.costPicodollars).toBe(2_500_000n + 2n * 1_250_000n + 10_000_000n);
  expect(row).toMatchObject({
    costUsd: 0.000015,
    price: { source: 'genai-prices', match: 'openai/gpt-4o', rates: { input: 2.5, output: 10, cacheRead: 1.25 } },
  });
  expect(tracker.rows()).toEqual([row]);
});

test.each<[string, Partial<CallRecord>, number | null, boolean]>([
  ['a model of Ollama', { model: 'ollama/mistral' }, 0, true],
  ['any model said to be local', { model: 'vllm/some-model', local: true }, 0, true],
  ['a model of Ollama that is said not to be local', { model: 'ollama/mistral', local: false }, null, false],
  ['a model in the cloud of Ollama', { model: 'ollama/gpt-oss:120b-cloud' }, null, false],
  ['another one', { model: 'ollama/kimi-k2:cloud' }, null, false],
])('%s is local: %o costs %s', (_, names, costUsd, local) => {
  const row = new CostTracker().record({ model: '', ...names, ...usage });

  expect(row).toMatchObject({ costUsd, local });
});

test('a model without a price costs null, is counted, and is warned about once', () => {
  const tracker = new CostTracker();

  tracker.record({ model: 'acme/unknown', ...usage });
  tracker.record({ model: 'acme/other', ...usage });

  expect(tracker.summary()).toMatchObject({ requests: 2, unpriced: 2, costUsd: null, tokens: { total: 4_000 } });
  expect(tracker.rows()[0]?.unpriced).toEqual({ code: 'no_price', reason: 'no price is known for acme/unknown' });
  expect(warnings).toEqual([expect.stringContaining('no price is known for acme/unknown. Add it to `prices`')]);
});

test.each<[string, Partial<CallRecord>, number | null, string]>([
  ['failed before it cost anything', { outcome: 'failed', code: 'rate_limited' }, 0, 'not_billed'],
  ['failed after usage was reported', { outcome: 'failed', ...usage }, 2, 'own'],
  ['failed and may have been charged for', { outcome: 'failed', possiblyBilled: true }, null, 'own'],
  ['was aborted and may have been charged for', { outcome: 'aborted', possiblyBilled: true }, null, 'own'],
  ['came from a cache', { outcome: 'cache_hit', ...usage }, 0, 'cache'],
])('a call that %s costs what is known of it', (_, facts, costUsd, source) => {
  const row = new CostTracker({ prices: { m: perThousand(1) } }).record({ model: 'm', ...facts });

  expect(row).toMatchObject({ costUsd, price: { source } });
});

test('a failed call that may have been charged for says so in words, unless it is free anyway', () => {
  const tracker = new CostTracker({ prices: { paid: perThousand(1), mine: free } });
  const lost = { outcome: 'failed', possiblyBilled: true } as const;

  expect(tracker.record({ model: 'paid', ...lost }).unpriced?.reason).toBe(
    'it got no answer, and may have been charged for all the same',
  );
  expect(tracker.record({ model: 'mine', ...lost }).costUsd).toBe(0);
  expect(tracker.record({ model: 'ollama/mistral', ...lost }).costUsd).toBe(0);
  expect(tracker.summary()).toMatchObject({ requests: 3, errors: 3, unpriced: 1 });
});

test.each<[string, Partial<CallRecord>, string]>([
  ['tokens that are no number', { inputTokens: Number.NaN, outputTokens: 1 }, 'inputTokens is no whole number of tokens'],
  [
    'more cached than there was',
    { inputTokens: 1, outputTokens: 1, cacheReadTokens: 2 },
    'cacheReadTokens + cacheWriteTokens exceed inputTokens',
  ],
  [
    "tokens under a provider's names",
    { input_tokens: 5, output_tokens: 3 } as Partial<CallRecord>,
    'input_tokens is no field of a record: give inputTokens and outputTokens, or source: { api, payload }',
  ],
  ['a negative latency', { ...usage, latencyMs: -1 }, 'latencyMs is no number of at least 0'],
  ['no model', { ...usage, model: undefined as unknown as string }, 'model is missing'],
  ['a flag that is none', { ...usage, local: 'no' as unknown as boolean }, 'local is neither true nor false'],
  ['tags that are none', { ...usage, tags: 'a,b' as unknown as string[] }, 'tags is no array of texts'],
  [
    'an unknown outcome',
    { ...usage, outcome: 'ok' as unknown as 'answered' },
    'outcome is none of answered, failed, aborted, cache_hit',
  ],
])('a record with %s makes a row that says so, and one warning', (_, facts, problem) => {
  const tracker = new CostTracker({ prices: { m: perThousand(1), unknown: free } });

  const rows = [1, 2].map(() => tracker.record({ model: 'm', ...facts }));

  expect(rows.map((row) => row.problem)).toEqual([problem, problem]);
  expect(warnings).toEqual([expect.stringContaining(problem)]);
  expect(tracker.summary().requests).toBe(2);
});

test.each([
  ['a prompt', { model: 'mine', input: 'Hello', output: 'Hi' }],
  ['messages', { model: 'mine', input: [{ role: 'user' }] }],
  ['a limit', { model: 'mine', max_tokens: 100 }],
  ['the usage of a failure that was not billed', { model: 'paid', outcome: 'failed', usage: {}, input_tokens: 3 } as const],
])('%s in a record is no count under a wrong name', (_, call) => {
  const tracker = new CostTracker({ prices: { paid: perThousand(1), mine: free } });

  expect(tracker.record(call)).toMatchObject({ costUsd: 0, problem: undefined });
});

test('a record that is no object is a row with a problem, not an exception', () => {
  const row = new CostTracker().record(null as unknown as CallRecord);

  expect(row).toMatchObject({ model: 'unknown', problem: 'model is missing', costUsd: null });
});

test('wrong usage has no price, but what can be believed of it is counted', () => {
  const tracker = new CostTracker({ prices: { m: perThousand(1) } });

  tracker.record({ model: 'm', inputTokens: 10, cacheReadTokens: 11, outputTokens: 5 });

  expect(tracker.summary()).toMatchObject({ unpriced: 1, costUsd: null, tokens: { input: 10, output: 5, total: 15 } });
});

test('a price source that throws or lies leaves calls unpriced', () => {
  const throwing: PriceSource = {
    resolve: () => {
      throw new Error('table is gone');
    },
  };
  const lying: PriceSource = { resolve: () => ({ source: 'x', match: 'x', rates: { input: Number.NaN, output: 1 } }) };

  for (const priceSource of [throwing, lying]) {
    expect(new CostTracker({ priceSource }).record({ model: 'a/b', ...usage })).toMatchObject({
      costUsd: null,
      unpriced: { code: 'price_source_failed' },
    });
  }
});

test('a price source is asked for the served model first, since that is what is billed', () => {
  const asked: unknown[] = [];
  const priceSource: PriceSource = { resolve: (...ask) => (asked.push(ask), null) };

  new CostTracker({ priceSource }).record({ model: 'openai/gpt-4o', servedModel: 'gpt-4o-2024-08-06', at: 5, ...usage });

  expect(asked).toEqual([
    ['openai', 'gpt-4o-2024-08-06', 5],
    ['openai', 'gpt-4o', 5],
  ]);
});

test.each([
  [{ keepRows: -1 }, /keepRows: -1/],
  [{ maxGroups: 0 }, /maxGroups: 0/],
  [{ baseline: {} }, /baseline: \{\}/],
  [{ baseline: { costPerWorkflowUsd: -1 } }, /baseline/],
  [{ priceSource: {} }, /priceSource/],
  [{ price: {} }, /price: no such option; there are prices, priceSource, baseline/],
])('a tracker with the options %o is a TypeError', (options, message) => {
  expect(() => new CostTracker(options as never)).toThrow(TypeError);
  expect(() => new CostTracker(options as never)).toThrow(message);
});

test('times have the three decimals that clocks can tell apart', () => {
  const call = { model: 'm', inputTokens: 1, outputTokens: 1, latencyMs: 127.01594699999987, firstTokenMs: 1 / 3 };

  const row = new CostTracker({ prices: { m: free } }).record(call);

  expect(row).toMatchObject({ latencyMs: 127.016, firstTokenMs: 0.333 });
  expect(new CostTracker().record({ model: 'm', latencyMs: 1e300 }).latencyMs).toBe(1e300);
});
