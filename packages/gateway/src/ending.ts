/** Ending what belongs together: none is left open because another failed, and none is waited for without end. */
import { setTimeout as delay } from 'node:timers/promises';

/** One after the other, all of them. @throws what the first of those that failed has thrown */
export async function allOf(endings: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of endings) await end().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
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
