import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { formatMs, formatShare, formatUsd } from './format.ts';
import { perThousand } from './own-prices.ts';

// Calls without a price are warned about; these tests have many.
beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const priceSource = { resolve: () => null };
const prices = { m: perThousand(0.03) };

test.each([
  [null, '–'],
  [0, '0.00'],
  [0.15, '0.15'],
  [0.04575, '0.04575'],
  [0.0000066, '0.000007'],
  [0.00000001, '<0.000001'],
  [-0.00000001, '>-0.000001'],
  [1234567.891, '1,234,567.89'],
  [-0.5, '-0.50'],
])('%s USD is printed as %s', (usd, text) => {
  expect(formatUsd(usd)).toBe(text);
});

test.each([
  [null, '–'],
  [0, '0 %'],
  [1, '100 %'],
  [0.01639, '1.6 %'],
  [0.98361, '98.4 %'],
  [0.0000001, '<0.1 %'],
])('a share of %s is printed as %s', (share, text) => {
  expect(formatShare(share)).toBe(text);
});

test('durations are whole milliseconds from ten up', () => {
  expect([null, 1.234, 89.6, 1_850].map(formatMs)).toEqual(['–', '1.2', '90', '1,850']);
});

test('estimates and approximate prices have lines of their own, in the summary and in each group', () => {
  const tracker = new CostTracker();
  const gpt = { agent: 'writer', model: 'openai/gpt-4o', inputTokens: 1_000, outputTokens: 100 };
  tracker.record(gpt);
  tracker.record({ ...gpt, outcome: 'aborted', estimated: true });
  tracker.record({ ...gpt, model: 'openai/gpt-4o-2025-12-31' });
  tracker.record({ ...gpt, model: 'acme/unknown', estimated: true });

  const { estimated, approximate, byAgent, byModel } = tracker.summary();
  const report = tracker.report({ columns: 100 });

  expect(estimated).toEqual({ requests: 2, unpriced: 1, costUsd: 0.0035 });
  expect(approximate).toEqual({ requests: 1, unpriced: 0, costUsd: 0.0035 });
  expect(byAgent['writer']).toMatchObject({ estimated, approximate });
  expect(byModel['acme/unknown']?.estimated).toEqual({ requests: 1, unpriced: 1, costUsd: null });
  expect(report).toContain('Estimated    2 requests, at least 0.0035 USD of the cost above: how many tokens there were');
  expect(report).toContain('Approximate  1 request, 0.0035 USD of the cost above: the price may be off a little');
});

test('unpriced and simulated calls have lines of their own', () => {
  const tracker = new CostTracker({ prices, priceSource });
  tracker.record({ agent: 'real', model: 'm', inputTokens: 1_000, outputTokens: 0, workflow: 'a' });
  tracker.record({ agent: 'pretend', model: 'm', inputTokens: 500, outputTokens: 0, simulated: true, workflow: 'b' });
  tracker.record({ agent: 'pretend', model: 'acme/unknown', inputTokens: 1, outputTokens: 0, simulated: true });
  tracker.record({ agent: 'lost', model: 'm', outcome: 'failed', possiblyBilled: true });
  tracker.record({ agent: 'real', model: 'm', outcome: 'cache_hit' });

  expect(tracker.report()).toBe(`Overall
  Cost          at least 0.045 USD
  Requests      4 (1 failed, 0 aborted)
  Tokens        1,501 (1,501 in, 0 out)
  Latency       not measured
  Per workflow  at least 0.0225 USD (2 workflows)
  Wasted        unknown on failed requests, 0.00 USD on aborted ones
  From cache    1 answer, free and not among the requests
  Unpriced      2 requests of unknown cost, in no amount on this page
  Simulated     2 requests, at least 0.015 USD of the cost above: no money spent

By agent
             Cost USD   Share  Requests  Failed  Tokens  Avg ms  P95 ms
  real          0.030  66.7 %         1       0   1,000       –       –
  ~ pretend    >0.015  33.3 %         2       0     501       –       –
  lost       unpriced       –         1       1       0       –       –

By model
                  Cost USD  Share  Requests  Failed  Tokens  Avg ms  P95 ms
  ~ m               >0.045  100 %         3       1   1,500       –       –
  ~ acme/unknown  unpriced      –         1       0       1       –       –

By workflow
       Cost USD   Share  Requests  Failed  Tokens  Avg ms  P95 ms
  a       0.030  66.7 %         1       0   1,000       –       –
  ~ b     0.015  33.3 %         1       0     500       –       –

~ answered by a simulator, in whole or in part: nobody was paid for it
`);
});

test('a table shows the costliest and counts the others', () => {
  const tracker = new CostTracker({ prices });
  for (let index = 1; index <= 12; index++)
    tracker.record({ agent: `agent ${index}`, model: 'm', inputTokens: index, outputTokens: 0 });

  const report = tracker.report({ maxLines: 2 });

  expect(report).toMatch(/agent 12 .*\n  agent 11 .*\n  and 10 more/);
  expect(report).not.toContain('agent 10');
});

test('the 99th percentile is shown from a hundred answers on', () => {
  const tracker = new CostTracker({ prices });
  const record = (): unknown => tracker.record({ model: 'm', inputTokens: 1, outputTokens: 0, latencyMs: 5 });

  for (let count = 1; count < 100; count++) record();
  expect(tracker.report()).not.toContain('p99');
  record();
  expect(tracker.report()).toContain('p99');
});

test('no line is wider than asked, whatever things are called', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, fc.nat(1_000_000_000)), { maxLength: 5 }),
      fc.integer({ min: 40, max: 120 }),
      name,
      (calls, columns, baseline) => {
        const tracker = new CostTracker({ prices: { m: perThousand(30), [baseline]: perThousand(3) }, priceSource, baseline });
        for (const [agent, inputTokens] of calls)
          tracker.record({ agent, model: 'm', inputTokens, outputTokens: 1, latencyMs: inputTokens, workflow: agent });

        const lines = tracker.report({ columns, against: tracker, runsPerDay: 200 }).split('\n');

        for (const line of lines) expect([...new Intl.Segmenter().segment(line)].length).toBeLessThanOrEqual(columns);
      },
    ),
    { numRuns: 50 },
  );
});

test('what failed, what caches saved and what a success cost are said where there is something to say', () => {
  const tracker = new CostTracker({ prices: { m: { input: 3, output: 15, cacheRead: 0.3 } }, priceSource });
  const call = {
    model: 'm',
    inputTokens: 1_000_000,
    cacheReadTokens: 500_000,
    outputTokens: 100_000,
    latencyMs: 2_000,
    firstTokenMs: 500,
  };
  tracker.record({ ...call, workflow: 'a' });
  tracker.record({ ...call, workflow: 'b', outcome: 'failed', callId: 'b' });
  tracker.record({ ...call, workflow: 'b', outcome: 'aborted', callId: 'b' });

  expect(tracker.report({ columns: 120 })).toContain(`
  Latency       avg 2,000 ms, p50 2,000, p95 2,000, max 2,000 (1 answer)
  First token   avg 500 ms, p50 500, p95 500, max 500 (1 answer)
  Speed         66,667 output tokens a second
  Per workflow  4.72 USD (2 workflows)
  Per success   9.45 USD (1 succeeded)
  Wasted        3.15 USD on failed requests, 3.15 USD on aborted ones; 1 retry
  Prompt cache  50 % of the input read from it, 4.05 USD saved
`);
});

test('a wide table has columns that a narrow one has no room for, and none that is empty', () => {
  const tracker = new CostTracker({ prices, priceSource });
  const call = { agent: 'writer', model: 'm', inputTokens: 1_000, outputTokens: 10, latencyMs: 200 };
  tracker.record(call);
  const heading = (columns: number): string | undefined => /^ +Cost USD.*$/m.exec(tracker.report({ columns }))?.[0].trim();

  expect(heading(120)).toBe('Cost USD  Share  Requests  Failed  Tokens  Avg ms  P95 ms  Tokens/s');
  expect(heading(60)).toBe('Cost USD  Share  Requests  Failed  Tokens  Avg ms');
  expect(heading(40)).toBe('Cost USD  Share  Requests');
  tracker.record({ ...call, cacheReadTokens: 100, firstTokenMs: 100 });
  expect(heading(120)).toBe('Cost USD  Share  Requests  Failed  Tokens  Cached  Avg ms  P95 ms  First ms  Tokens/s');
  expect(heading(80)).toBe('Cost USD  Share  Requests  Failed  Tokens  Cached  Avg ms  P95 ms');
});

test('a name cannot move the cursor or colour the terminal', () => {
  const tracker = new CostTracker({ prices });

  tracker.record({ agent: 'evil\u{1B}[2J\u{202E}\r\n', model: 'm', inputTokens: 1, outputTokens: 0 });

  expect(tracker.report()).toContain('evil\u{FFFD}[2J\u{FFFD}\u{FFFD}\u{FFFD}');
});

test('colour is used only when asked for', () => {
  const tracker = new CostTracker({ prices });

  expect(tracker.report()).not.toContain('\u{1B}');
  expect(tracker.report({ colour: true })).toContain('\u{1B}[1mOverall\u{1B}[22m');
});

test.each([[{ columns: 10 }], [{ columns: Number.NaN }], [{ maxLines: 0 }]])('a report with %o is a TypeError', (options) => {
  expect(() => new CostTracker().report(options)).toThrow(TypeError);
});
