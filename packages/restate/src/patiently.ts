/** Waiting for a server that is away for a while. */
import { setTimeout as delay } from 'node:timers/promises';
import { DurableError } from './errors.ts';

/** How long a client that waits for a run does without the server: a restart takes less. */
const patienceMs = 60_000;
const pauseMs = 250;

/** Asks again while the server is away. */
export async function patiently<Value>(ask: () => Promise<Value>): Promise<Value> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const mayPass = DurableError.isInstance(error) && (error.code === 'unreachable' || error.code === 'not_restate');
      if (!mayPass || performance.now() > until) throw error;
      await delay(pauseMs);
    }
  }
}
