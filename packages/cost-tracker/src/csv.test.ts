import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { toCsv } from './csv.ts';
import { free } from './own-prices.ts';

// Calls without a price are warned about; these tests have some.
beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const priceSource = { resolve: () => null };

function parsed(csv: string): Record<string, string>[] {
  return parse(csv, { columns: true, record_delimiter: '\r\n' });
}

/** What a reader does who wants the text as it was recorded. */
function unescaped(cell: string | undefined): string {
  return (cell ?? '').replace(/^'/, '');
}

test('a row is a line, with exact amounts, and empty cells for what is not known', () => {
  const tracker = new CostTracker({ prices: { m: { input: 0.15, output: 0.6 } }, priceSource });
  tracker.record({ agent: 'writer', model: 'm', inputTokens: 12, outputTokens: 8, at: 0, tags: ['a', 'b c'], latencyMs: 3.5 });
  tracker.record({ model: 'acme/unknown', inputTokens: 1, outputTokens: 1, at: 0 });

  const [first, second] = parsed(toCsv(tracker.rows()));

  expect(first).toMatchObject({
    at: '1970-01-01T00:00:00.000Z',
    agent: 'writer',
    cost_usd: '0.0000066',
    input_tokens: '12',
    cache_read_tokens: '',
    latency_ms: '3.5',
    tags: '["a","b c"]',
    price_source: 'own',
    simulated: 'false',
  });
  expect(second).toMatchObject({ agent: '', cost_usd: '', unpriced: 'no_price' });
});

test('what made a price what it is has columns: terms, multiplier, fees, tools, parts, and why it may be off', () => {
  const tracker = new CostTracker();
  const claude = { model: 'anthropic/claude-opus-4-6', inputTokens: 1_000, outputTokens: 100, at: Date.parse('2026-11-01') };
  tracker.record({ ...claude, speed: 'fast', inferenceGeo: 'us', serverTools: { web_search: 2 } });
  tracker.record({ ...claude, model: 'openai/gpt-4o-2025-12-31' });
  const iterations = [
    { type: 'message', input_tokens: 10, output_tokens: 2 },
    { type: 'compaction', input_tokens: 20, output_tokens: 3 },
  ];
  tracker.record({
    ...claude,
    source: { api: 'messages', payload: { usage: { input_tokens: 10, output_tokens: 2, iterations } } },
  });

  const [fast, undated, several] = parsed(toCsv(tracker.rows()));

  expect(fast).toMatchObject({ speed: 'fast', inference_geo: 'us', price_multiplier: '6.6', fees_usd: '0.02' });
  expect(fast?.['server_tools']).toBe('{"web_search":2}');
  expect(undated?.['approximate']).toContain('the price of gpt-4o');
  expect(JSON.parse(several?.['parts'] ?? '')).toHaveLength(2);
});

test('lines end as RFC 4180 has it, the last one too', () => {
  const csv = toCsv(new CostTracker().rows());

  expect(csv).toMatch(/^id,call_id,at,agent,[^\r\n]+\r\n$/);
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', "'quoted"])('%j cannot be taken for a formula', (agent) => {
  const tracker = new CostTracker({ prices: { m: free } });
  tracker.record({ agent, model: 'm' });

  const [row] = parsed(toCsv(tracker.rows()));

  expect(row?.['agent']).toBe(`'${agent}`);
});

test('whatever things are called, a reader gets it back', () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom(',', '"', '\r', '\n', '=', "'", ' ', '\t'), fc.string({ unit: 'grapheme' })),
  });
  const call = fc.record({ agent: text, name: text, workflow: text, task: text, code: text });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 4 }), (calls) => {
      const tracker = new CostTracker({ prices: { m: free } });
      for (const given of calls) tracker.record({ ...given, model: 'm' });

      const read = parsed(toCsv(tracker.rows()));

      const fields = ['agent', 'name', 'workflow', 'task', 'code'] as const;
      expect(read.map((row) => fields.map((field) => unescaped(row[field])))).toEqual(
        calls.map((given) => fields.map((field) => given[field])),
      );
    }),
  );
});
