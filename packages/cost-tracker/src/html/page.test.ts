import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from '../cost-tracker.ts';
import { perThousand } from '../own-prices.ts';
import type { HtmlOptions } from './page.ts';

// Calls without a price are warned about; these tests have some.
beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const priceSource = { resolve: () => null };
const call = {
  agent: 'writer',
  model: 'm',
  inputTokens: 1_000,
  outputTokens: 0,
  latencyMs: 10,
  at: Date.parse('2026-03-01T10:00:00Z'),
};

function newTracker(): CostTracker {
  return new CostTracker({ prices: { m: perThousand(0.1), n: perThousand(0.2) }, priceSource, baseline: 'n' });
}

test('the page has the figures, the tables and the rows', async () => {
  const tracker = newTracker();
  tracker.record({ ...call, workflow: 'run-1' });
  tracker.record({ ...call, agent: 'editor', at: call.at + 90_000, workflow: 'run-2', outcome: 'failed', code: 'overloaded' });

  const page = await tracker.html({ title: 'Blog crew' });

  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(page).toContain('<title>Blog crew</title>');
  expect(page).toContain('2026-03-01 10:00 to 2026-03-01 10:01 (UTC)');
  for (const heading of [
    'Cost over time',
    'Cost by agent',
    'Cost by model',
    'Cost by workflow',
    'Latency by model',
    'Against the baseline',
    'Latest requests',
  ]) {
    expect(page).toContain(`<h2>${heading}</h2>`);
  }
  expect(page).toContain('failed: overloaded');
});

test('no name becomes a tag, and none turns the text round', async () => {
  const tracker = newTracker();
  const name = '<img src=x onerror=alert(1)>"\u{202E}';
  tracker.record({ ...call, agent: name, workflow: name, code: name, outcome: 'failed' });
  tracker.record({ ...call, model: name, local: true });

  const page = await tracker.html({ title: name });

  expect(page).not.toContain('<img');
  expect(page).not.toContain('\u{202E}');
});

test('what is unpriced and what was simulated is said first', async () => {
  const tracker = newTracker();
  tracker.record({ ...call, simulated: true });
  tracker.record({ ...call, model: 'acme/unknown' });

  const page = await tracker.html();

  expect(page).toContain('1 request has no price.');
  expect(page).toContain('A simulator answered 1 of 2 requests.');
  expect(page).toContain('at least');
});

test('an estimate and an approximate price are labelled as such, above and in their rows', async () => {
  const tracker = new CostTracker();
  tracker.record({ model: 'openai/gpt-4o', inputTokens: 1_000, outputTokens: 100, outcome: 'aborted', estimated: true });
  tracker.record({ model: 'openai/gpt-4o-2025-12-31', inputTokens: 1_000, outputTokens: 100 });

  const page = await tracker.html();

  expect(page).toContain('1 request is estimated.');
  expect(page).toContain('1 request has an approximate price.');
  expect(page).toContain('<span class="dim">estimated</span>');
  expect(page).toContain('<span class="dim">approximate</span>');
});

test('a page of nothing is a page', async () => {
  const page = await new CostTracker().html();

  expect(page).toContain('No requests yet');
  expect(page).not.toContain('NaN');
  expect(page).not.toContain('<section');
});

test('a time that no calendar has does not stop the page', async () => {
  const tracker = newTracker();
  tracker.record(call);
  tracker.record({ ...call, at: Number.MAX_VALUE });

  expect(await tracker.html()).toContain('All 2 rows kept.');
  expect(await tracker.html({ timeZone: 'Pacific/Kiritimati' })).toContain('2026-03-02 00:00:00');
  expect(tracker.forecast({ now: call.at + 1 }).spentUsd).toBe(0.1);
});

test('it loads nothing and runs nothing', async () => {
  const tracker = newTracker();
  tracker.record(call);

  const page = await tracker.html();

  expect(page).toMatch(
    /content="default-src 'none'; style-src 'sha256-[\w+/]+=*'; img-src data:; base-uri 'none'; form-action 'none'"/,
  );
  expect(page).not.toMatch(/<script|\son\w+=|\sstyle=|https?:\/\//);
});

test('tables have no more lines, and rows, than asked for', async () => {
  const tracker = newTracker();
  for (let index = 0; index < 9; index++) tracker.record({ ...call, agent: `agent ${index}` });

  const page = await tracker.html({ maxLines: 3, maxRows: 2 });

  expect(page).toContain('and 6 more');
  expect(page).toContain('The latest 2 of 9 rows kept.');
  expect(await tracker.html({ maxRows: 0 })).not.toContain('Latest requests');
});

test('it shows what there was when it was asked for', async () => {
  const tracker = newTracker();
  tracker.record(call);

  const asked = tracker.html();
  tracker.record(call);

  expect(await asked).toContain('All 1 rows kept.');
});

test('it is written to a file in one step', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rolecall-html-'));
  const tracker = newTracker();
  tracker.record(call);

  await tracker.exportHtml(join(folder, 'a/report.html'));
  await tracker.exportCsv(join(folder, 'a/rows.csv'));

  expect(await readFile(join(folder, 'a/report.html'), 'utf8')).toBe(await tracker.html());
  expect(await readFile(join(folder, 'a/rows.csv'), 'utf8')).toMatch(/^id,call_id,at,agent/);
  await rm(folder, { recursive: true });
});

test.each([
  [{ title: 3 }, 'title: 3 is not a text'],
  [{ timeZone: 'Nowhere' }, 'timeZone: "Nowhere" is no time zone'],
  [{ maxLines: 0 }, 'maxLines: 0 is not'],
  [{ maxRows: -1 }, 'maxRows: -1 is not'],
  [{ theme: 'dark' }, '"theme": no such option'],
])('the options %o are a TypeError', async (options, message) => {
  await expect(new CostTracker().html(options as HtmlOptions)).rejects.toThrow(TypeError);
  await expect(new CostTracker().html(options as HtmlOptions)).rejects.toThrow(message);
});
