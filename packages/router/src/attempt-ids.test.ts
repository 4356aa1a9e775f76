import { expect, test } from 'vitest';
import { newAttemptId } from './attempt-ids.ts';

test('no two attempts have the same name', () => {
  const ids = Array.from({ length: 10_000 }, newAttemptId);

  expect(new Set(ids).size).toBe(10_000);
});

test('the names of another process begin with another UUID', async () => {
  const here = newAttemptId();
  const { vi } = await import('vitest');
  vi.resetModules();

  const there = (await import('./attempt-ids.ts')).newAttemptId();

  expect(here).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}-\d+$/);
  expect(there.slice(0, 36)).not.toBe(here.slice(0, 36));
});
