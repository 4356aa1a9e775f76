import { startSimulator, type Simulator } from '@rolecall/simulator';
import * as fc from 'fast-check';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import type { TrackedModel, TrackedRequest, TrackedResponse } from './model-call.ts';
import { picodollarsOf } from './money.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined));

type Model = TrackedModel<TrackedRequest, TrackedResponse>;
const prices = { 'acme/m': { input: 1.25, output: 10, cacheRead: 0.125 } };

interface Step {
  readonly agent: string;
  readonly kind: 'answered' | 'failed' | 'aborted' | 'unpriced' | 'bad' | 'by hand';
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly waits: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  agent: fc.constantFrom('a', 'b', '__proto__'),
  kind: fc.constantFrom('answered', 'failed', 'aborted', 'unpriced', 'bad', 'by hand'),
  inputTokens: fc.nat(1_000_000),
  outputTokens: fc.nat(1_000_000),
  waits: fc.nat(4),
});

/** Does one step, some turns later than the others. */
async function take(tracker: CostTracker, { agent, kind, inputTokens, outputTokens, waits }: Step): Promise<void> {
  for (let turn = 0; turn < waits; turn++) await Promise.resolve();
  const usage = { inputTokens, outputTokens, ...(kind === 'bad' && { cacheReadTokens: inputTokens + 1 }) };
  if (kind === 'by hand') return void tracker.record({ agent, model: 'acme/m', ...usage });
  const model: Model = async ({ onDelta }) => {
    await onDelta?.({ type: 'text', text: 'x'.repeat(outputTokens % 1_000) });
    if (kind === 'failed') throw Object.assign(new Error('cut'), { code: 'stream_cut', usage, possiblyBilled: true });
    if (kind === 'aborted') throw Object.assign(new Error('gone'), { code: 'aborted', possiblyBilled: true });
    return { model: kind === 'unpriced' ? 'acme/unheard-of' : 'acme/m', usage };
  };
  const wrapped = tracker.wrap(tracker.wrap(Object.assign(model, { id: 'acme/m' })));
  const request = { role: agent, messages: [], onDelta: () => undefined };
  await wrapped(request).catch(() => undefined);
}

/** What the rows come to, added up by hand. */
function sumOf(
  tracker: CostTracker,
  agent?: string,
): { picodollars: bigint; unpriced: number; requests: number; tokens: number } {
  const rows = tracker.rows().filter((row) => agent === undefined || row.agent === agent);
  return {
    picodollars: rows.reduce((sum, { costPicodollars }) => sum + (costPicodollars ?? 0n), 0n),
    unpriced: rows.filter(({ costPicodollars }) => costPicodollars === null).length,
    requests: rows.length,
    tokens: rows.reduce((sum, { usage }) => sum + (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0), 0),
  };
}

test('totals are the sum of the rows, whatever is interleaved, fails, is aborted or makes no sense', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const tracker = new CostTracker({ prices });

      await Promise.all(steps.map((each) => take(tracker, each)));

      const summary = tracker.summary();
      const agents = [...new Set(steps.map(({ agent }) => agent))];
      expect(summary.requests).toBe(steps.length);
      for (const [figures, sum] of [
        [summary, sumOf(tracker)] as const,
        ...agents.map(
          (agent) =>
            [Object.getOwnPropertyDescriptor(summary.byAgent, agent)?.value as typeof summary, sumOf(tracker, agent)] as const,
        ),
      ]) {
        const known = sum.requests === 0 || sum.unpriced < sum.requests;
        expect([figures.requests, figures.unpriced, figures.tokens.total]).toEqual([sum.requests, sum.unpriced, sum.tokens]);
        expect(figures.costUsd === null ? null : picodollarsOf(figures.costUsd)).toBe(known ? sum.picodollars : null);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('each request of a tracked client has one row, whatever is left, aborted, tried again or broken', async () => {
  const kinds = fc.constantFrom('plain', 'stream', 'leave', 'abort', 'retry', 'cut');
  await fc.assert(
    fc.asyncProperty(fc.array(kinds, { minLength: 1, maxLength: 8 }), async (calls) => {
      simulator.reset();
      for (const kind of calls) {
        if (kind === 'retry')
          simulator.fault({ kind: 'status', status: 500, model: 'retry', headers: { 'retry-after-ms': '1' } });
        if (kind === 'cut') simulator.fault({ kind: 'cut', model: 'cut' });
      }
      simulator.answer({ text: 'word '.repeat(2_000), model: 'leave', times: Infinity });
      const tracker = new CostTracker({ prices: { retry: prices['acme/m'] } });
      let sent = 0; // not every request reaches the server before it is aborted
      const counting: typeof fetch = (url, init) => ((sent += 1), fetch(url, init));
      const options = { apiKey: 'k', baseURL: simulator.urls.openai, maxRetries: 3, fetch: counting } as const;
      const client = tracker.track(new OpenAI({ ...options, logLevel: 'off' }), { provider: 'openai' });

      await Promise.all(calls.map((kind) => call(client, kind).catch(() => undefined)));

      await expect.poll(() => tracker.rows().length, { timeout: 10_000 }).toBe(sent);
      expect(tracker.summary().requests).toBe(sent);
    }),
    { numRuns: 25 },
  );
}, 120_000);

async function call({ chat }: OpenAI, kind: string): Promise<void> {
  const ask = { model: kind, messages: [{ role: 'user' as const, content: 'Hello' }] };
  const controller = new AbortController();
  if (kind === 'plain' || kind === 'retry') return void (await chat.completions.create(ask));
  if (kind === 'abort') setTimeout(() => controller.abort(), 2);
  for await (const chunk of await chat.completions.create({ ...ask, stream: true }, { signal: controller.signal })) {
    if (kind === 'leave' && chunk.choices[0]?.delta.content) return;
  }
}
