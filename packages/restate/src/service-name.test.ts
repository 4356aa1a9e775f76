import { expect, test } from 'vitest';
import { ledgerKeyOf, ledgerKeysOf, serviceNameOf } from './service-name.ts';

test('two crews never have one service', () => {
  expect(serviceNameOf('report')).toBe('rolecall.report');
  expect(serviceNameOf('my report')).toMatch(/^rolecall\.my_report-[\da-f]{8}$/);
  expect(serviceNameOf('my report')).not.toBe(serviceNameOf('my/report'));
});

test('the runs of a tenant are spread over its ledger, each always on the same part, and none on another tenant’s', () => {
  const runIds = Array.from({ length: 500 }, (_, index) => `run-${index}`);
  const keys = runIds.map((runId) => ledgerKeyOf('acme', runId));

  expect(new Set(keys)).toEqual(new Set(ledgerKeysOf('acme')));
  expect(ledgerKeyOf('acme', 'run-7')).toBe(keys[7]);
  expect(ledgerKeysOf('acme').filter((key) => ledgerKeysOf('1/acme').includes(key))).toEqual([]);
});
