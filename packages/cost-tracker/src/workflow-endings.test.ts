import { expect, test } from 'vitest';
import { CostTracker } from './cost-tracker.ts';
import { perThousand } from './own-prices.ts';

const call = { model: 'm', inputTokens: 1_000, outputTokens: 0 } as const;

function tracker(maxGroups?: number): CostTracker {
  return new CostTracker({ prices: { m: perThousand(0.1) }, maxGroups });
}

test('a run succeeded if its last call was answered, and the failed ones are part of what a success costs', () => {
  const ledger = tracker();
  ledger.record({ ...call, workflow: 'a', outcome: 'failed', code: 'overloaded' });
  ledger.record({ ...call, workflow: 'a' });
  ledger.record({ ...call, workflow: 'b' });
  ledger.record({ ...call, workflow: 'b', outcome: 'failed' });

  expect(ledger.summary()).toMatchObject({
    workflows: 2,
    workflowsSucceeded: 1,
    costPerWorkflowUsd: 0.2,
    costPerSuccessUsd: 0.4,
  });
});

test('without a success there is no cost of one', () => {
  const ledger = tracker();
  ledger.record({ ...call, workflow: 'a', outcome: 'aborted' });

  expect(ledger.summary()).toMatchObject({ workflowsSucceeded: 0, costPerSuccessUsd: null });
  expect(tracker().summary()).toMatchObject({ workflowsSucceeded: 0, costPerSuccessUsd: null });
});

test('an answer from a cache ends a run as well as another', () => {
  const ledger = tracker();
  ledger.record({ ...call, workflow: 'a', outcome: 'cache_hit' });

  expect(ledger.summary()).toMatchObject({ workflowsSucceeded: 1, costPerSuccessUsd: 0 });
});

test('beyond the cap the runs that are over stay counted', () => {
  const ledger = tracker(3);
  for (let run = 0; run < 100; run++) {
    ledger.record({ ...call, workflow: `run ${run}`, outcome: run % 4 === 0 ? 'failed' : 'answered' });
  }

  expect(ledger.summary()).toMatchObject({ workflows: 100, workflowsSucceeded: 75 });
});
