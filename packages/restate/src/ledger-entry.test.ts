import type { Attempt } from '@rolecall/core';
import { expect, test } from 'vitest';
import { attemptsIn, entryOf, noSpend, totalsOf } from './ledger-entry.ts';

const attempt = (facts: Partial<Attempt>): Attempt => {
  return { id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 1, outcome: 'answered', ...facts };
};

test('costs are summed without drift, and what has no price is counted', () => {
  const attempts = [attempt({ costUsd: 0.1, usage: { inputTokens: 1 } }), attempt({ costUsd: 0.2 }), attempt({})];

  expect(entryOf('run', 'step', attempts)).toEqual({
    runId: 'run',
    step: 'step',
    usage: { inputTokens: 1 },
    costPicodollars: '300000000000',
    unpriced: 1,
    attempts: 3,
    possiblyBilled: 0,
  });
});

test('a call that was lost is perhaps billed, and has no price', () => {
  const lost = attempt({ outcome: 'aborted', possiblyBilled: true });

  expect(entryOf('run', 'step', [lost])).toMatchObject({ unpriced: 1, possiblyBilled: 1, costPicodollars: undefined });
});

test.each([[null], ['text'], [{ content: 'of a tool' }], [{ attempts: 3 }]])('%j is no turn of a model', (value) => {
  expect(attemptsIn(value)).toEqual([]);
});

test('the parts of a ledger make one, exact to the last digit', () => {
  const part = { ...noSpend, usage: { inputTokens: 2 }, unpriced: 1, steps: 2, attempts: 3, possiblyBilled: 1 };

  const totals = totalsOf([noSpend, { ...part, costPicodollars: '100000000000' }, { ...part, costPicodollars: '200000000000' }]);

  expect(totals).toEqual({ usage: { inputTokens: 4 }, costUsd: 0.3, unpriced: 2, steps: 4, attempts: 6, possiblyBilled: 2 });
  expect(totalsOf([part])).toMatchObject({ costUsd: null });
});
