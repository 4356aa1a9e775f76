import { offAbort, onAbort } from './on-abort.ts';

/**
 * Settles as `work` does; after an abort, once `graceMs` have passed, it rejects with the signal's reason even if
 * `work` never settles. The grace lets work that honours the signal say what it had cost.
 */
export function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal | undefined, graceMs = 0): Promise<Value> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    let grace: NodeJS.Timeout | undefined;
    const giveUp = (): void => reject(signal.reason);
    const follow = (): void => {
      if (graceMs === 0) giveUp();
      else grace = setTimeout(giveUp, graceMs);
    };
    const release = (): void => {
      offAbort(signal, follow);
      clearTimeout(grace);
    };
    if (signal.aborted) follow();
    else onAbort(signal, follow);
    work.finally(release).then(resolve, reject);
  });
}

/** A time limit of the user's own was reached. */
export class TimedOut extends Error {
  override readonly name = 'TimeoutError';

  constructor(what: string, timeoutMs: number) {
    super(`${what} took longer than ${timeoutMs} ms`);
  }
}

/**
 * Does work under a signal that is aborted with `signal`, or with a `TimedOut` once the time is up.
 * The work is to heed its signal: nothing is left behind here that could come late.
 */
export async function withTimeout<Value>(
  signal: AbortSignal | undefined,
  timeoutMs: number,
  what: string,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal?.reason);
  // AbortSignal.any would do, but keeps every signal alive that was ever derived from a long-lived one.
  if (signal?.aborted) follow();
  else onAbort(signal, follow);
  const timer = setTimeout(() => controller.abort(new TimedOut(what, timeoutMs)), timeoutMs);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    offAbort(signal, follow);
  }
}
