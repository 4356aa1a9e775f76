/**
 * Settles as `work` does; after an abort, once `graceMs` have passed, it rejects with the signal's reason even if
 * `work` never settles. The grace lets work that honours the signal say what it had cost.
 */
export function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal | undefined, graceMs = 0): Promise<Value> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    let grace: NodeJS.Timeout | undefined;
    const giveUp = (): void => reject(signal.reason);
    const onAbort = (): void => {
      if (graceMs === 0) giveUp();
      else grace = setTimeout(giveUp, graceMs);
    };
    const release = (): void => {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(grace);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.finally(release).then(resolve, reject);
  });
}
