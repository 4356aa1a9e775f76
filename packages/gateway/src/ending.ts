/** Ending what belongs together: none is left open because another failed, and none is waited for without end. */
import { setTimeout as delay } from 'node:timers/promises';

/** One after the other, all of them. @throws what the one that failed has thrown, or an `AggregateError` of those that did */
export async function allOf(endings: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of endings) await end().catch((error: unknown) => failures.push(error));
  if (failures.length > 1) throw new AggregateError(failures, failures.map(messageOf).join('; '));
  if (failures.length === 1) throw failures[0];
}

/** @throws {Error} with that message, when it takes longer. */
export async function inTime(work: Promise<unknown>, ms: number, message: string): Promise<void> {
  const done = new AbortController();
  const late = delay(ms, undefined, { signal: done.signal }).then(() => {
    throw new Error(message);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined); // it was in time
    done.abort();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
