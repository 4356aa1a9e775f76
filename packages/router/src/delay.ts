import { offAbort, onAbort } from './on-abort.ts';

/** A longer timer would fire at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** Waits at least so long, or until the signal is aborted: whoever calls asks the signal which it was. Leaves no listener behind. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      offAbort(signal, end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(Math.ceil(ms), longestTimerMs));
    onAbort(signal, end);
    if (signal?.aborted) end();
  });
}
