import type { GenericSend } from '@restatedev/restate-sdk';
import type { Attempt } from '@rolecall/core';
import { expect, test } from 'vitest';
import type { LedgerEntry } from './ledger-entry.ts';
import { RunCosts } from './run-costs.ts';
import { ledgerKeyOf } from './service-name.ts';

const attempt: Attempt = { id: '1', model: 'a/b', startedAt: 0, waitMs: 0, durationMs: 1, outcome: 'answered', costUsd: 1 };

function costs(): { costs: RunCosts; told: (readonly string[])[]; keys: Set<unknown> } {
  const told: (readonly string[])[] = [];
  const keys = new Set<unknown>();
  const genericSend = <Entries>({ key, parameter }: GenericSend<Entries>): never => {
    keys.add(key);
    told.push((parameter as readonly LedgerEntry[]).map(({ step }) => step));
    return undefined as never; // what the engine gives is not looked at
  };
  return { costs: new RunCosts({ ctx: { genericSend }, runId: 'run', tenant: 'acme', begunAt: 1_000 }), told, keys };
}

test('steps that end within ten seconds share a message, and no step is in two', () => {
  const { costs: owed, told, keys } = costs();

  owed.add('a', [attempt], 1_020);
  owed.add('b', [attempt], 10_999);
  owed.add('c', [attempt], 11_000);
  owed.add('d', [attempt], 20_999);
  owed.tell(21_000);
  owed.tell(21_000);

  expect(told).toEqual([['a', 'b', 'c'], ['d']]);
  expect(keys).toEqual(new Set([ledgerKeyOf('acme', 'run')]));
});

test('what asked no model is not on the ledger', () => {
  const { costs: owed, told } = costs();

  owed.add('tool', [], 60_000);
  owed.tell(60_000);

  expect(told).toEqual([]);
});
