// What the ledger costs: a call of record(), with and without a file, summary() with 2,000 keys, and the heap after a million rows.
// The peer is what one would write by hand: the call, an id and a moment, pushed to an array and appended as a line of JSON.
// It measures the built package, as people install it.
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isFull } from './harness.mjs';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const { CostTracker } = await import('@rolecall/cost-tracker');

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

/** Between turns of the event loop, in which a file can be written. */
const burst = 1_000;

/** Per call: what all of it takes, with what is written behind the calls, and for how long the caller waits. */
async function recordUs(tracker, count) {
  const calls = Array.from({ length: 5_000 }, (_, index) => callOf(index));
  const started = process.cpuUsage();
  let waitedMs = 0;
  for (let index = 0; index < count; index += burst) {
    const begunAt = performance.now();
    for (let more = index; more < index + burst; more++) tracker.record(calls[more % calls.length]);
    waitedMs += performance.now() - begunAt;
    await nextTurn();
  }
  await tracker.flush();
  return { inAllUs: cpuUs(started) / count, callerUs: (waitedMs * 1_000) / count };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** By hand: no sums, no price, no bound on memory but the last 10,000 (that an array of all is freed now and then is in its favour). */
class ByHand {
  #rows = [];
  #text = '';
  #path;

  constructor(path) {
    this.#path = path;
  }

  record(call) {
    const row = {
      id: crypto.randomUUID(),
      at: Date.now(),
      ...call,
      costUsd: (call.inputTokens * 2.5 + call.outputTokens * 10) / 1e6,
    };
    this.#rows.push(row);
    if (this.#rows.length > 20_000) this.#rows = this.#rows.slice(10_000);
    if (this.#path === undefined) return;
    this.#text += `${JSON.stringify(row)}\n`;
    if (this.#text.length > 4e6) void this.flush();
  }

  async flush() {
    if (this.#path === undefined) return;
    const text = this.#text;
    this.#text = '';
    const file = await open(this.#path, 'a');
    await file.appendFile(text);
    await file.datasync();
    await file.close();
  }
}

function summaryMs(tracker) {
  const started = process.cpuUsage();
  tracker.summary();
  return cpuUs(started) / 1_000;
}

/** Before anything else is measured, whose garbage would count. */
function heapOfAMillion() {
  collect();
  const before = process.memoryUsage();
  const large = new CostTracker({ prices });
  for (let index = 0; index < 1_000_000; index++) large.record(callOf(index));
  collect();
  const after = process.memoryUsage();
  large.summary(); // it is in use until here
  return { heapMb: (after.heapUsed - before.heapUsed) / 1e6, buffersMb: (after.arrayBuffers - before.arrayBuffers) / 1e6 };
}

const { heapMb, buffersMb } = heapOfAMillion();
const memory = new CostTracker({ prices });
const subjects = {
  'by hand: array alone': new ByHand(),
  'by hand: array and a line of JSON': new ByHand(join(folder, 'by-hand.jsonl')),
  'record()': memory,
  'record(), with a budget': new CostTracker({ prices, budgets: [{ limitUsd: 1e6, window: 'day' }] }),
  'record(), with a batched ledger file': new CostTracker({ prices, ledger: join(folder, 'batch') }),
};
const rounds = isFull ? 9 : 3;
const taken = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
for (const subject of Object.values(subjects)) await recordUs(subject, 50_000);
for (let round = 0; round < rounds; round++) {
  const names = Object.keys(subjects);
  for (const name of round % 2 === 0 ? names : names.toReversed()) taken[name].push(await recordUs(subjects[name], 50_000));
}

const report = (what, value, unit, more = '') =>
  console.log(`${what.padEnd(44)} ${value.toFixed(2).padStart(8)} ${unit} ${more}`);
console.log(
  `ledger cost, Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}, medians of ${rounds} rounds in turns, the least in brackets`,
);
const peer = 'by hand: array and a line of JSON';
for (const [title, figure] of [
  ['what the caller waits for', 'callerUs'],
  ['CPU time in all, with what is written behind the calls', 'inAllUs'],
]) {
  console.log(title);
  const of = (name) => taken[name].map((sample) => sample[figure]);
  for (const name of Object.keys(taken)) {
    const more = `[${Math.min(...of(name)).toFixed(2)}] ${(median(of(name)) / median(of(peer))).toFixed(2)}x by hand with a file`;
    report(name, median(of(name)), 'µs', more);
  }
}

const each = new CostTracker({ prices, ledger: join(folder, 'each'), durability: 'each' });
report('record(), written before it returns', (await recordUs(each, burst)).inAllUs, 'µs');
const summaries = { unchanged: [], changed: [] };
for (let round = 0; round < 15; round++) {
  await recordUs(memory, 1_000);
  summaries.changed.push(summaryMs(memory));
  summaries.unchanged.push(summaryMs(memory));
}
report(`summary(), ${keys} workflows`, median(summaries.unchanged), 'ms');
report('summary(), after 1,000 more calls', median(summaries.changed), 'ms');

report('heap of a tracker with 1,000,000 rows', heapMb, 'MB');
report('its buffers outside the heap', buffersMb, 'MB');
rmSync(folder, { recursive: true });
