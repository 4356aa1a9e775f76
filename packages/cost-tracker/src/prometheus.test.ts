import { spawnSync } from 'node:child_process';
import { Registry } from 'prom-client';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { perThousand } from './own-prices.ts';
import { registerMetrics } from './register-metrics.ts';

// Calls without a price are warned about; these tests have some.
beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const prices = { m: perThousand(0.1) };
const priceSource = { resolve: () => null };
const m = { model: 'acme/m', agent: 'writer' };

function filled(): CostTracker {
  const tracker = new CostTracker({ prices, priceSource });
  const usage = { inputTokens: 900, cacheReadTokens: 300, cacheWriteTokens: 100, outputTokens: 100, reasoningTokens: 40 };
  tracker.record({ ...m, ...usage, latencyMs: 1_500, firstTokenMs: 300 });
  tracker.record({ ...m, inputTokens: 500, outputTokens: 0, latencyMs: 400, simulated: true });
  tracker.record({ ...m, outcome: 'failed', possiblyBilled: true, latencyMs: 60_000 });
  tracker.record({ ...m, outcome: 'cache_hit' });
  tracker.record({ model: 'm', inputTokens: 1, outputTokens: 0, outcome: 'aborted' });
  return tracker;
}

/** The sample lines, without the comments. */
function samples(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('cost, tokens, requests and what is unpriced are counted by provider, model and agent', () => {
  const lines = samples(filled().prometheus());

  const labels = 'provider="acme",model="m",agent="writer"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `rolecall_llm_cost_usd_total{${labels}} 0.15`,
      `rolecall_llm_tokens_total{${labels},type="input"} 1000`,
      `rolecall_llm_tokens_total{${labels},type="cache_read"} 300`,
      `rolecall_llm_tokens_total{${labels},type="cache_write"} 100`,
      `rolecall_llm_tokens_total{${labels},type="output"} 60`,
      `rolecall_llm_tokens_total{${labels},type="reasoning"} 40`,
      `rolecall_llm_requests_total{${labels},outcome="answered"} 2`,
      `rolecall_llm_requests_total{${labels},outcome="failed"} 1`,
      `rolecall_llm_unpriced_requests_total{${labels}} 1`,
      `rolecall_llm_cache_hits_total{${labels}} 1`,
      `rolecall_llm_simulated_requests_total{${labels}} 1`,
      `rolecall_llm_simulated_cost_usd_total{${labels}} 0.05`,
      'rolecall_llm_requests_total{model="m",outcome="aborted"} 1',
    ]),
  );
});

test('durations are cumulative histograms of the answered requests, in seconds', () => {
  const lines = samples(filled().prometheus()).filter((line) => line.includes('_seconds'));

  const labels = 'provider="acme",model="m",agent="writer"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `rolecall_llm_request_duration_seconds_bucket{${labels},le="0.32"} 0`,
      `rolecall_llm_request_duration_seconds_bucket{${labels},le="0.64"} 1`,
      `rolecall_llm_request_duration_seconds_bucket{${labels},le="2.56"} 2`,
      `rolecall_llm_request_duration_seconds_bucket{${labels},le="+Inf"} 2`,
      `rolecall_llm_request_duration_seconds_sum{${labels}} 1.9`,
      `rolecall_llm_request_duration_seconds_count{${labels}} 2`,
      `rolecall_llm_time_to_first_token_seconds_count{${labels}} 1`,
    ]),
  );
});

test('every metric has its help and its type, once', () => {
  const lines = filled().prometheus().split('\n');
  const typed = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.slice('# TYPE '.length));

  expect(typed).toEqual([
    'rolecall_llm_cost_usd_total counter',
    'rolecall_llm_tokens_total counter',
    'rolecall_llm_requests_total counter',
    'rolecall_llm_unpriced_requests_total counter',
    'rolecall_llm_cache_hits_total counter',
    'rolecall_llm_simulated_requests_total counter',
    'rolecall_llm_simulated_cost_usd_total counter',
    'rolecall_llm_request_duration_seconds histogram',
    'rolecall_llm_time_to_first_token_seconds histogram',
  ]);
  expect(lines.filter((line) => line.startsWith('# HELP '))).toHaveLength(typed.length);
});

test('whatever an agent is called, its line stays one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('"', '\\', '\n', '{', '}', ',', 'n', 'ä'), minLength: 1 }), (agent) => {
      const tracker = new CostTracker({ prices });
      tracker.record({ model: 'm', agent, inputTokens: 1, outputTokens: 0 });

      const [line = ''] = samples(tracker.prometheus());

      const [, text = ''] = /^rolecall_llm_cost_usd_total\{model="m",agent="((?:[^"\\\n]|\\.)*)"\} 0\.0001$/.exec(line) ?? [];
      expect(text.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))).toBe(agent);
    }),
  );
});

test('beyond the cap what is new goes under __other__, and what there was goes on rising', () => {
  const tracker = new CostTracker({ prices, maxGroups: 2 });
  const record = (agent: string): unknown => tracker.record({ model: 'm', agent, inputTokens: 1_000, outputTokens: 0 });

  for (const agent of ['a', 'b', 'c', 'd', 'a']) record(agent);

  expect(samples(tracker.prometheus()).filter((line) => line.includes('cost_usd_total{'))).toEqual([
    'rolecall_llm_cost_usd_total{model="m",agent="a"} 0.2',
    'rolecall_llm_cost_usd_total{model="m",agent="b"} 0.1',
    'rolecall_llm_cost_usd_total{provider="__other__",model="__other__",agent="__other__"} 0.2',
    ...['model="m",agent="a"', 'model="m",agent="b"', 'provider="__other__",model="__other__",agent="__other__"'].map(
      (labels) => `rolecall_llm_simulated_cost_usd_total{${labels}} 0`,
    ),
  ]);
});

test('promtool finds nothing wrong with it', (context) => {
  const found = spawnSync('promtool', ['--version']).error === undefined;
  // Debian's package prometheus has it; CI installs that.
  if (!found && !process.env['CI']) context.skip('promtool is not installed: apt-get install prometheus');

  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
    input: filled().prometheus() + new CostTracker().prometheus().replaceAll('rolecall_', 'empty_'),
    encoding: 'utf8',
  });

  expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 });
});

test('a registry of prom-client prints the same samples, as they are at each scrape', async () => {
  const tracker = filled();
  const registry = new Registry();
  registerMetrics(tracker, registry);
  tracker.record({ ...m, inputTokens: 1_000, outputTokens: 0 });

  const scraped = await registry.metrics();

  const withoutEmpty = samples(scraped).map((line) => line.replaceAll(/,?\w+=""/g, '').replace('{,', '{'));
  expect(withoutEmpty.toSorted()).toEqual(samples(tracker.prometheus()).toSorted());
  expect(scraped).toContain('rolecall_llm_cost_usd_total{provider="acme",model="m",agent="writer"} 0.25');
  expect((await registry.getMetricsAsJSON()).map(({ name }) => name)).toContain('rolecall_llm_tokens_total');
});

test('a registry prints OpenMetrics of it, too', async () => {
  const registry = new Registry();
  const openMetrics = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
  openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  registerMetrics(filled(), registry);
  registerMetrics(filled(), openMetrics);

  const text = await openMetrics.metrics();

  expect(text).toContain('# TYPE rolecall_llm_cost_usd counter');
  expect(text).toContain('rolecall_llm_cost_usd_total{provider="acme"');
  expect(text).toMatch(/# EOF\n$/);
});

test('a registry takes the metrics of one tracker, and a reset takes nothing from it', async () => {
  const registry = new Registry();
  const tracker = filled();
  registerMetrics(tracker, registry);
  registry.resetMetrics();

  expect(await registry.metrics()).toContain('rolecall_llm_cost_usd_total{provider="acme",model="m",agent="writer"} 0.15');
  expect(() => registerMetrics(new CostTracker(), registry)).toThrow('already been registered');
  expect(() => registerMetrics(tracker, {} as Registry)).toThrow(
    new TypeError('registry: an object is no registry of prom-client'),
  );
});
