/** What the engine has to say, told to `onLog`, which may fail and ends nothing: its first failure is a warning of the process. */
import type { DurableSettings } from './durable-options.ts';

export function engineLog(onLog: DurableSettings['onLog']): (level: string, ...message: readonly unknown[]) => void {
  let warned = false;
  const failed = (error: unknown): void => {
    if (warned) return;
    warned = true;
    const detail = error instanceof Error ? error.stack : undefined;
    process.emitWarning(`onLog failed: ${error instanceof Error ? String(error) : typeof error}`, {
      type: 'RolecallWarning',
      ...(detail === undefined ? {} : { detail }),
    });
  };
  // An async function, so that what it throws at once is a rejection, too.
  return (level, ...message) => void (async () => onLog(level, message.map(String).join(' ')))().catch(failed);
}
