import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { CostTracker } from './cost-tracker.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapMb(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

const rows = 1_000_000;
const limitMb = 64;

test('a million rows of a million runs, with a file and a budget for each run, stay below 64 MB', async () => {
  const ledger = await mkdtemp(join(tmpdir(), 'rolecall-soak-'));
  const before = heapMb();
  const tracker = new CostTracker({
    prices: { m: { input: 2.5, output: 10, cacheRead: 0.25 } },
    ledger,
    budgets: [{ limitUsd: 1, scope: 'each_workflow' }, { limitUsd: 1e6, window: 'hour', onLimit: 'warn' }], // prettier-ignore
    baseline: 'm',
  });

  let mostMb = 0;
  for (let index = 0; index < rows; index++) {
    tracker.record({
      model: `m`,
      name: `alias-${index % 3_000}`,
      agent: `agent-${index % 2_500}`,
      workflow: `run-${index}`,
      inputTokens: 1_000,
      cacheReadTokens: 500,
      outputTokens: index % 700,
      latencyMs: 100 + ((index * 7_919) % 20_000),
      firstTokenMs: 20 + (index % 900),
      outcome: index % 17 === 0 ? 'failed' : 'answered',
    });
    if (index % 5_000 === 0) await nextTurn();
    if (index % 100_000 === 99_999) mostMb = Math.max(mostMb, heapMb() - before);
  }
  await tracker.flush();
  const summary = tracker.summary();
  await rm(ledger, { recursive: true });

  console.log(`at most ${mostMb.toFixed(1)} MB more than before, buffers included, for ${rows} rows`);
  expect(summary.requests).toBe(rows);
  expect(mostMb).toBeLessThan(limitMb);
}, 600_000);
