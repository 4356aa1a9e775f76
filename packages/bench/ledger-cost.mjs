// What the ledger costs: a call of record(), with and without a file, summary() with 2,000 keys, and the heap after a million rows.
// Run with `node packages/bench/ledger-cost.mjs` after `npm run build`. It measures the built package, as people install it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const { CostTracker } = await import(process.argv[2] ?? '@rolecall/cost-tracker');

const keys = 2_000;
const prices = { m: { input: 2.5, output: 10 } };
const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-'));

function callOf(index) {
  return {
    model: 'm',
    agent: `agent-${index % 20}`,
    workflow: `run-${index % keys}`,
    inputTokens: 800 + (index % 100),
    outputTokens: index % 700,
    latencyMs: 200 + ((index * 7_919) % 3_000),
    firstTokenMs: 50 + (index % 90),
  };
}

/** CPU time of this process in microseconds: other work on the machine does not count. */
const cpuUs = (since) => {
  const { user, system } = process.cpuUsage(since);
  return user + system;
};

/** Per call; turns of the event loop in between let a file be written, and count. */
async function recordUs(tracker, count) {
  const calls = Array.from({ length: 5_000 }, (_, index) => callOf(index));
  const started = process.cpuUsage();
  for (let index = 0; index < count; index++) {
    tracker.record(calls[index % calls.length]);
    if (index % 1_000 === 999) await nextTurn();
  }
  await tracker.flush();
  return cpuUs(started) / count;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const sample = async (times, measure) => {
  const taken = [];
  for (let round = 0; round < times; round++) taken.push(await measure());
  return median(taken);
};

function summaryMs(tracker) {
  const started = process.cpuUsage();
  tracker.summary();
  return cpuUs(started) / 1_000;
}

console.log(`ledger cost, Node ${process.versions.node}, CPU time, medians`);
const memory = new CostTracker({ prices });
const file = new CostTracker({ prices, ledger: join(folder, 'batch') });
const budget = new CostTracker({ prices, budgets: [{ limitUsd: 1e6, window: 'day' }] });
for (const tracker of [memory, file, budget]) await recordUs(tracker, 50_000);
const report = (what, value, unit) => console.log(`${what.padEnd(44)} ${value.toFixed(2).padStart(8)} ${unit}`);
report('record()', await sample(5, () => recordUs(memory, 50_000)), 'µs');
report('record(), with a budget', await sample(5, () => recordUs(budget, 50_000)), 'µs');
report('record(), with a batched ledger file', await sample(5, () => recordUs(file, 50_000)), 'µs');
const each = new CostTracker({ prices, ledger: join(folder, 'each'), durability: 'each' });
report('record(), written before it returns', await sample(3, () => recordUs(each, 50)), 'µs');
report(`summary(), ${keys} workflows`, await sample(15, () => summaryMs(memory)), 'ms');
report(
  'summary(), again after 1,000 more calls',
  await sample(15, async () => {
    await recordUs(memory, 1_000);
    return summaryMs(memory);
  }),
  'ms',
);

const large = new CostTracker({ prices });
collect();
const before = process.memoryUsage();
for (let index = 0; index < 1_000_000; index++) large.record(callOf(index));
collect();
const after = process.memoryUsage();
report('heap of a tracker with 1,000,000 rows', (after.heapUsed - before.heapUsed) / 1e6, 'MB');
report('its buffers outside the heap', (after.arrayBuffers - before.arrayBuffers) / 1e6, 'MB');
large.summary();
rmSync(folder, { recursive: true });
