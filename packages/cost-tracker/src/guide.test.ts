import { expect, test } from 'vitest';
import { compareRuns } from './compare-runs.ts';
import { CostTracker } from './cost-tracker.ts';
import { free, perThousand } from './own-prices.ts';

const prices = {
  'gpt-4': perThousand(0.03),
  'claude-sonnet': perThousand(0.015),
  'groq-fast': perThousand(0.0005),
  'local-mistral': free,
  'local-llama': free,
};

function naivePost(): CostTracker {
  const tracker = new CostTracker({ prices });
  tracker.record({ agent: 'researcher', model: 'gpt-4', inputTokens: 800, outputTokens: 700, workflow: 'post-1' });
  tracker.record({ agent: 'writer', model: 'gpt-4', inputTokens: 900, outputTokens: 1_100, workflow: 'post-1' });
  tracker.record({ agent: 'editor', model: 'gpt-4', inputTokens: 900, outputTokens: 600, workflow: 'post-1' });
  return tracker;
}

function optimisedPost(baseline?: string): CostTracker {
  const tracker = new CostTracker({ prices, baseline });
  const workflow = 'post-1';
  tracker.record({ agent: 'researcher', model: 'groq-fast', inputTokens: 800, outputTokens: 700, latencyMs: 1_200, workflow });
  tracker.record({
    agent: 'writer',
    model: 'claude-sonnet',
    inputTokens: 1_200,
    outputTokens: 1_800,
    latencyMs: 3_500,
    workflow,
  });
  tracker.record({ agent: 'editor', model: 'local-mistral', inputTokens: 2_000, outputTokens: 1_500, latencyMs: 850, workflow });
  return tracker;
}

test('three gpt-4 calls of 1,500, 2,000 and 1,500 tokens cost exactly 0.15', () => {
  const summary = naivePost().summary();

  expect(summary.costUsd).toBe(0.15);
  expect(summary.costPerWorkflowUsd).toBe(0.15);
  expect(summary.tokens.total).toBe(5_000);
});

test('the optimised post costs exactly 0.04575 for 8,000 tokens', () => {
  const summary = optimisedPost().summary();

  expect(summary.costUsd).toBe(0.04575);
  expect(summary.tokens).toEqual({ input: 4_000, output: 4_000, total: 8_000 });
  expect(summary.latencyMs).toMatchObject({ avg: 1_850, min: 850, max: 3_500, p50: 1_200, count: 3 });
  expect(summary.byAgent['researcher']?.costUsd).toBe(0.00075);
  expect(summary.byModel['claude-sonnet']?.costUsd).toBe(0.045);
  expect(summary.byModel['local-mistral']).toMatchObject({ costUsd: 0, unpriced: 0, share: 0 });
});

test('run against run, 69.5 % is saved: 9.15 a day instead of 30, and 625.50 a month', () => {
  const comparison = compareRuns(naivePost(), optimisedPost(), { runsPerDay: 200, daysPerMonth: 30 });

  expect(comparison.savedShare).toBe(0.695);
  expect(comparison.perRun).toEqual({ beforeUsd: 0.15, afterUsd: 0.04575, savedUsd: 0.10425 });
  expect(comparison.perDay).toEqual({ runs: 200, beforeUsd: 30, afterUsd: 9.15, savedUsd: 20.85 });
  expect(comparison.perMonth).toEqual({ days: 30, beforeUsd: 900, afterUsd: 274.5, savedUsd: 625.5 });
});

test('on the same tokens gpt-4 would have cost 0.24, so 80.9375 % is saved', () => {
  const { baseline } = optimisedPost('gpt-4').summary();

  expect(baseline).toEqual({
    basis: 'same_tokens',
    model: 'gpt-4',
    costUsd: 0.24,
    spentUsd: 0.04575,
    savedUsd: 0.19425,
    savedShare: 0.809375,
    excluded: 0,
    baselineUnpriced: 0,
  });
});

test('the report has the shares and both comparisons, each with its label', () => {
  const report = optimisedPost('gpt-4').report({ against: naivePost(), runsPerDay: 200 });

  expect(report).toBe(`Overall
  Cost          0.04575 USD
  Requests      3 (0 failed, 0 aborted)
  Tokens        8,000 (4,000 in, 4,000 out)
  Latency       avg 1,850 ms, p50 1,200, p95 3,500, max 3,500 (3 answers)
  Speed         721 output tokens a second
  Per workflow  0.04575 USD (1 workflow)

By agent
              Cost USD   Share  Requests  Failed  Tokens  Avg ms  P95 ms
  writer       0.04500  98.4 %         1       0   3,000   3,500   3,500
  researcher   0.00075   1.6 %         1       0   1,500   1,200   1,200
  editor       0.00000     0 %         1       0   3,500     850     850

By model
                 Cost USD   Share  Requests  Failed  Tokens  Avg ms  P95 ms
  claude-sonnet   0.04500  98.4 %         1       0   3,000   3,500   3,500
  groq-fast       0.00075   1.6 %         1       0   1,500   1,200   1,200
  local-mistral   0.00000     0 %         1       0   3,500     850     850

Baseline: gpt-4 on the same tokens (an estimate)
  Baseline  0.24 USD
  Spent     0.04575 USD
  Saved     0.19425 USD (80.9375 %)

Run against run (each on the tokens it used)
  USD                  Before    After    Saved
  Per run                0.15  0.04575  0.10425
  Per day (200 runs)    30.00     9.15    20.85
  Per month (30 days)  900.00   274.50   625.50
  Saved  69.5 %
`);
});
