import { expect, test } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { perThousand } from './own-prices.ts';

const call = { model: 'm', inputTokens: 1_000, outputTokens: 0 } as const;

function newTracker(): CostTracker {
  return new CostTracker({ prices: { m: perThousand(0.1) }, priceSource: { resolve: () => null } });
}

test('the error rate is that of requests, and of none there is none', () => {
  const tracker = newTracker();
  expect(tracker.summary().errorRate).toBeNull();

  tracker.record(call);
  tracker.record(call);
  tracker.record({ ...call, outcome: 'failed' });
  tracker.record({ ...call, outcome: 'aborted' });
  tracker.record({ ...call, outcome: 'cache_hit' });

  expect(tracker.summary().errorRate).toBe(0.25);
});

test('what brought no answer is known by how it ended', () => {
  const tracker = newTracker();
  tracker.record(call);
  tracker.record({ ...call, outcome: 'failed', possiblyBilled: true });
  tracker.record({ ...call, inputTokens: 500, outcome: 'aborted' });

  expect(tracker.summary()).toMatchObject({ costUsd: 0.25, wasted: { failedUsd: 0.1, abortedUsd: 0.05 } });
  expect(newTracker().summary().wasted).toEqual({ failedUsd: 0, abortedUsd: 0 });
});

test('of failures that may have been billed, and nobody knows how much, the cost is unknown', () => {
  const tracker = newTracker();
  tracker.record({ model: 'm', outcome: 'failed', possiblyBilled: true });

  expect(tracker.summary().wasted).toEqual({ failedUsd: null, abortedUsd: 0 });
});

test('a failed attempt that was followed by another one of its call is the cost of a retry', () => {
  const tracker = newTracker();
  const first = tracker.record({ ...call, outcome: 'failed', callId: 'a' });
  tracker.record({ ...call, outcome: 'failed', callId: 'b' });
  tracker.record({ ...call, outcome: 'failed', callId: 'a' });
  tracker.record({ model: 'm', outcome: 'failed', possiblyBilled: true, callId: 'c' });
  tracker.record({ ...call, callId: 'a' });
  tracker.record({ ...call, callId: 'c' });
  tracker.record(call);

  expect(first.callId).toBe('a');
  expect(tracker.summary().retries).toEqual({ requests: 3, costUsd: 0.2, unpriced: 1 });
});

test('the time to the first token is that of streamed answers', () => {
  const tracker = newTracker();
  for (const firstTokenMs of [100, 200, 300]) tracker.record({ ...call, latencyMs: 1_000, firstTokenMs });
  tracker.record({ ...call, latencyMs: 1_000 });
  tracker.record({ ...call, outcome: 'failed', latencyMs: 9, firstTokenMs: 5 });

  expect(tracker.summary().firstTokenMs).toMatchObject({ count: 3, avg: 200, p50: 200, p95: 300 });
});

test('speed is counted from the first token on, or over the whole time where there was no stream', () => {
  const tracker = newTracker();
  expect(tracker.summary().outputTokensPerSecond).toBeNull();

  tracker.record({ model: 'm', inputTokens: 1, outputTokens: 80, latencyMs: 1_200, firstTokenMs: 200 });
  tracker.record({ model: 'm', inputTokens: 1, outputTokens: 40, latencyMs: 1_000 });
  tracker.record({ model: 'm', inputTokens: 1, outputTokens: 5, latencyMs: 200, firstTokenMs: 200 });

  expect(tracker.summary().outputTokensPerSecond).toBe(60);
});

test('an answer that came in one piece, from a buffer or a simulator, says nothing of speed', () => {
  const tracker = newTracker();

  tracker.record({ model: 'm', inputTokens: 1, outputTokens: 500, latencyMs: 103, firstTokenMs: 100 });
  tracker.record({ model: 'm', inputTokens: 1, outputTokens: 500, latencyMs: 49 });
  expect(tracker.summary().outputTokensPerSecond).toBeNull();
  expect(tracker.report()).not.toMatch(/Speed|Tokens\/s/);

  tracker.record({ model: 'm', inputTokens: 1, outputTokens: 5, latencyMs: 150, firstTokenMs: 100 });
  expect(tracker.summary().outputTokensPerSecond).toBe(100);
});

test('the figures of groups that were folded together still add up', () => {
  const tracker = new CostTracker({ prices: { m: perThousand(0.1) }, maxGroups: 1 });
  for (const agent of ['a', 'b', 'c']) {
    tracker.record({ ...call, agent, outputTokens: 10, latencyMs: 1_100, firstTokenMs: 100 });
    tracker.record({ ...call, agent, outcome: 'failed' });
  }

  expect(tracker.summary().byAgent['__other__']).toMatchObject({
    errorRate: 0.5,
    wasted: { failedUsd: 0.2 },
    firstTokenMs: { count: 2, avg: 100 },
    outputTokensPerSecond: 10,
  });
});
