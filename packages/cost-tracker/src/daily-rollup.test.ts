import { expect, test } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { perThousand } from './own-prices.ts';

const at = (time: string): number => Date.parse(time);
const call = {
  model: 'm',
  inputTokens: 1_000,
  outputTokens: 10,
  agent: 'writer',
  workflow: 'post-1',
  at: at('2026-11-22T12:00:00Z'),
};
const newTracker = (maxGroups?: number): CostTracker => new CostTracker({ prices: { m: perThousand(0.1) }, maxGroups });

test('calls are summed by day, model, agent, run and outcome', () => {
  const tracker = newTracker();

  for (const more of [{}, {}, { agent: 'editor' }, { outcome: 'failed' }, { workflow: undefined }, { name: 'alias' }] as const) {
    tracker.record({ ...call, ...more });
  }
  tracker.record({ ...call, at: at('2026-11-21T23:59:59Z') });

  const sums = tracker.daily();
  expect(sums).toHaveLength(6);
  expect(sums[0]).toMatchObject({ day: '2026-11-21', requests: 1 });
  expect(sums[1]).toEqual({
    day: '2026-11-22',
    model: 'm',
    agent: 'writer',
    workflow: 'post-1',
    outcome: 'answered',
    requests: 2,
    unpriced: 0,
    costUsd: 0.202,
    inputTokens: 2_000,
    outputTokens: 20,
  });
  expect(sums.map(({ agent, workflow, outcome, model }) => [model, agent, workflow, outcome].join())).toContain(
    'm,writer,,answered',
  );
});

test('beyond the cap there is one sum for all others of a day, and nothing is lost', () => {
  const tracker = newTracker(3);

  for (let run = 0; run < 100; run++) tracker.record({ ...call, workflow: `run-${run}` });

  const sums = tracker.daily();
  expect(sums.map(({ workflow }) => workflow)).toEqual(['run-0', 'run-1', 'run-2', '__other__']);
  expect(sums.reduce((sum, { requests }) => sum + requests, 0)).toBe(100);
});

test('the latest 31 days are kept', () => {
  const tracker = newTracker();
  const first = at('2026-01-01T00:00:00Z');

  for (let day = 0; day < 100; day++) tracker.record({ ...call, at: first + day * 86_400_000 });
  tracker.record({ ...call, at: first });

  const days = tracker.daily().map((sum) => sum.day);
  expect(days).toHaveLength(31);
  expect(days.at(0)).toBe('2026-03-11');
  expect(days.at(-1)).toBe('2026-04-10');
});
