import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import type { CostTrackerOptions } from './tracker-options.ts';
import { loadLedger } from './load-ledger.ts';
import { perThousand } from './own-prices.ts';

const prices = { m: perThousand(0.03) };
const call = { model: 'm', inputTokens: 1_000, outputTokens: 0, agent: 'writer', workflow: 'post-1' };

let ledger = '';
beforeEach(async () => {
  ledger = await mkdtemp(join(tmpdir(), 'rolecall-ledger-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(ledger, { recursive: true });
});

test('several processes’ rows are read back as one ledger', async () => {
  const trackers = [new CostTracker({ prices, ledger }), new CostTracker({ prices, ledger })];
  for (const tracker of trackers) {
    for (let count = 0; count < 10; count++) tracker.record(call);
    await tracker.flush();
  }

  const loaded = await loadLedger(ledger);
  const { tracker, skipped } = loaded;

  expect(tracker.summary()).toMatchObject({ requests: 20, costUsd: 0.6, byAgent: { writer: { requests: 20 } } });
  expect(tracker.rows()).toHaveLength(20);
  expect(skipped).toEqual({ broken: 0, newer: 0 });
  const ids = new Set<string>();
  for await (const { id } of loaded.rows()) ids.add(id);
  expect(ids.size).toBe(20);
});

test('a price that changed since then changes nothing', async () => {
  const writer = new CostTracker({ prices, ledger });
  writer.record(call);
  await writer.flush();

  const { tracker } = await loadLedger(ledger, { prices: { m: perThousand(9) }, keepRows: 5 });

  expect(tracker.summary().costUsd).toBe(0.03);
});

test('no ledger is an error, and an empty one is not', async () => {
  await expect(loadLedger(join(ledger, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await loadLedger(ledger)).tracker.summary().requests).toBe(0);
});

test('after a restart, a budget goes on from what the ledger has of its window, without telling it again', async () => {
  const alerts: number[] = [];
  const options: CostTrackerOptions = {
    prices,
    ledger,
    budgets: [{ limitUsd: 0.1, window: 'day' }],
    onAlert: ({ threshold }) => void alerts.push(threshold),
  };
  vi.useFakeTimers({ now: Date.parse('2026-11-22T12:00:00Z'), toFake: ['Date'] });
  const before = new CostTracker(options);
  before.record({ ...call, at: Date.parse('2026-11-21T12:00:00Z') });
  for (let count = 0; count < 2; count++) before.record(call);
  await before.flush();

  const after = new CostTracker(options);
  after.record(call); // its own rows are not counted twice
  await after.flush();
  const heard: number[] = [];
  await Promise.all([after.resume(({ costUsd }) => void heard.push(costUsd ?? 0)), after.resume()]);
  await after.resume();
  const refused: unknown = await after
    .wrap(Object.assign(async () => ({ model: 'm', usage: {} }), { id: 'm' }))({ role: 'x' })
    .catch(String);

  expect(refused).toMatch(/0\.09 USD of 0\.1 USD are spent/);
  expect(heard).toEqual([0.03, 0.03, 0.03]); // yesterday's too
  expect(alerts).toEqual([0.5, 1]); // once each: the half before the restart, the whole with the refusal
});
