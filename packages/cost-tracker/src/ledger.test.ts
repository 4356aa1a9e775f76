import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { CallRecord } from './call-record.ts';
import { CostTracker } from './cost-tracker.ts';
import { entryOf } from './entry.ts';
import { Ledger } from './ledger.ts';
import { usdNumber } from './money.ts';
import { perThousand, readPrices } from './own-prices.ts';
import { Pricer } from './pricer.ts';
import { toRow } from './call-record.ts';

const prices = {
  cheap: { input: 0.0000007, output: 0.0000013 },
  dear: perThousand(0.03),
  tiered: { input: 1, output: 2, tiers: [{ aboveInputTokens: 50, input: 3, output: 4 }] },
};

const call = fc.record<CallRecord>(
  {
    model: fc.constantFrom('cheap', 'dear', 'tiered', 'ollama/mistral', 'acme/unpriced'),
    agent: fc.constantFrom('a', 'b', '__proto__', 'constructor'),
    workflow: fc.constantFrom('w1', 'w2', 'w3', 'w4', 'w5'),
    inputTokens: fc.nat(100),
    outputTokens: fc.nat(100),
    cacheReadTokens: fc.nat(50),
    outcome: fc.constantFrom('answered', 'failed', 'aborted', 'cache_hit'),
    possiblyBilled: fc.boolean(),
    simulated: fc.boolean(),
    latencyMs: fc.nat(5_000),
  },
  { requiredKeys: ['model'] },
);

test('totals always equal the sum of the rows, however they are grouped', () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  fc.assert(
    fc.property(fc.array(call, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (calls, maxGroups) => {
      const tracker = new CostTracker({ prices, maxGroups });
      for (const each of calls) tracker.record(each);

      const summary = tracker.summary();
      const rows = tracker.rows().filter(({ outcome }) => outcome !== 'cache_hit');
      const sum = rows.reduce((total, row) => total + (row.costPicodollars ?? 0n), 0n);
      const unpriced = rows.filter((row) => row.costPicodollars === null).length;

      expect(summary).toMatchObject({ requests: rows.length, unpriced, cacheHits: calls.length - rows.length });
      expect(summary.costUsd).toBe(rows.length > 0 && unpriced === rows.length ? null : usdNumber(sum));
      for (const groups of [summary.byAgent, summary.byModel]) {
        const figures = Object.values(groups);
        expect(figures.reduce((total, group) => total + group.requests, 0)).toBe(rows.length);
        expect(figures.reduce((total, group) => total + group.tokens.total, 0)).toBe(summary.tokens.total);
        expect(figures.reduce((total, group) => total + (group.costUsd ?? 0), 0)).toBeCloseTo(summary.costUsd ?? 0, 12);
      }
    }),
  );
  vi.restoreAllMocks();
});

test('an empty ledger has no cost, no share and no division by zero', () => {
  const summary = new CostTracker({ baseline: 'gpt-4' }).summary();

  expect(summary).toMatchObject({ requests: 0, costUsd: 0, costPerWorkflowUsd: null, byAgent: {}, workflows: 0 });
  expect(summary.baseline).toMatchObject({ costUsd: null, savedUsd: null, savedShare: null });
  expect(JSON.stringify(summary)).not.toMatch(/NaN|Infinity/);
});

test('a share of nothing is null', () => {
  const tracker = new CostTracker();

  tracker.record({ agent: 'editor', model: 'ollama/mistral', inputTokens: 5, outputTokens: 5 });

  expect(tracker.summary().byAgent['editor']).toMatchObject({ costUsd: 0, share: null });
});

test('an agent called __proto__ is an agent like any other', () => {
  const tracker = new CostTracker({ prices });

  tracker.record({ agent: '__proto__', model: 'dear', inputTokens: 1_000, outputTokens: 0 });
  const { byAgent } = tracker.summary();

  expect(Object.keys(byAgent)).toEqual(['__proto__']);
  expect(Object.getOwnPropertyDescriptor(byAgent, '__proto__')?.value).toMatchObject({ costUsd: 0.03, share: 1 });
  expect(({} as { costUsd?: number }).costUsd).toBeUndefined();
});

test('the cost per workflow counts workflows by id, and leaves calls without one out', () => {
  const tracker = new CostTracker({ prices });

  for (const workflow of ['w1', 'w1', 'w2']) tracker.record({ model: 'dear', inputTokens: 1_000, outputTokens: 0, workflow });
  tracker.record({ model: 'dear', inputTokens: 1_000, outputTokens: 0 });

  expect(tracker.summary()).toMatchObject({ workflows: 2, costPerWorkflowUsd: 0.045, costUsd: 0.12 });
  expect(tracker.summary().byAgent).toHaveProperty('(none)');
});

test('simulated calls have a subtotal of their own, in every group', () => {
  const tracker = new CostTracker({ prices });

  tracker.record({ agent: 'a', model: 'dear', inputTokens: 1_000, outputTokens: 0, simulated: true });
  tracker.record({ agent: 'a', model: 'dear', inputTokens: 2_000, outputTokens: 0 });

  const subtotal = { requests: 1, unpriced: 0, costUsd: 0.03 };
  expect(tracker.summary()).toMatchObject({ costUsd: 0.09, simulated: subtotal, byAgent: { a: { simulated: subtotal } } });
  expect(tracker.rows().map((row) => row.simulated)).toEqual([true, false]);
});

test('only the last rows are kept, oldest first, and the sums still cover all', () => {
  const tracker = new CostTracker({ prices, keepRows: 3 });

  for (let at = 1; at <= 8; at++) tracker.record({ model: 'dear', inputTokens: 1_000, outputTokens: 0, at });

  expect(tracker.rows().map((row) => row.at)).toEqual([6, 7, 8]);
  expect(tracker.summary()).toMatchObject({ requests: 8, costUsd: 0.24 });
});

test('beyond the cap the workflow that was silent longest is folded into __other__', () => {
  const tracker = new CostTracker({ prices, maxGroups: 2 });

  for (const workflow of ['old', 'new', 'old', 'newest'])
    tracker.record({ model: 'dear', inputTokens: 1_000, outputTokens: 0, workflow, latencyMs: 5 });

  const { byWorkflow, workflows, costPerWorkflowUsd } = tracker.summary();
  expect(Object.keys(byWorkflow)).toEqual(['old', 'newest', '__other__']);
  expect(byWorkflow['__other__']).toMatchObject({ requests: 1, costUsd: 0.03, latencyMs: { count: 1, p50: 5 } });
  expect(workflows).toBe(3);
  expect(costPerWorkflowUsd).toBe(0.04);
});

test('many calls of as many workflows leave bounded memory and exact sums', () => {
  const calls = process.env['ROLECALL_SOAK'] ? 1_000_000 : 100_000;
  const pricer = new Pricer(readPrices(prices), { resolve: () => null });
  const ledger = new Ledger({ pricer, keepRows: 100, maxGroups: 50, baseline: undefined });
  const row = toRow('id', { model: 'dear', inputTokens: 10, outputTokens: 10, latencyMs: 3 }, pricer);

  for (let index = 0; index < calls; index++) {
    ledger.add(entryOf({ ...row, agent: `agent-${index % 60}`, workflow: `run-${index}` }));
  }

  const summary = ledger.summary();
  expect(ledger.rows()).toHaveLength(100);
  expect([summary.byAgent, summary.byWorkflow].map((groups) => Object.keys(groups).length)).toEqual([51, 51]);
  expect(summary).toMatchObject({ requests: calls, workflows: calls, costUsd: (calls * 6) / 10_000, costPerWorkflowUsd: 0.0006 });
});
