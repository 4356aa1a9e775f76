import { longestTimerMs } from '../delay.ts';
import { offAbort, onAbort } from '../on-abort.ts';

/** Who would wait, and what becomes of it if it does so in vain. */
export interface Newcomer {
  readonly tokens: number;
  readonly patienceMs: number;
  readonly signal: AbortSignal | undefined;
  /** What it rejects with. */
  readonly giveUp: (why: 'aborted' | 'impatient') => Error;
  /** Runs when it has left without being served: the one behind may be small enough to go. */
  readonly left: () => void;
}

interface Waiter<Ticket> {
  readonly tokens: number;
  readonly since: number;
  readonly serve: (ticket: Ticket) => void;
}

/** First come, first served. Whoever leaves, served or not, leaves no timer and no listener behind. */
export class WaitingLine<Ticket> {
  readonly #waiters: Waiter<Ticket>[] = [];
  #tokens = 0;

  get length(): number {
    return this.#waiters.length;
  }

  /** What all who wait need together. */
  get tokens(): number {
    return this.#tokens;
  }

  get first(): Pick<Waiter<Ticket>, 'tokens' | 'since'> | undefined {
    return this.#waiters[0];
  }

  serveFirst(ticket: Ticket): void {
    const first = this.#waiters.shift();
    if (!first) return;
    this.#tokens -= first.tokens;
    first.serve(ticket);
  }

  join({ tokens, patienceMs, signal, giveUp, left }: Newcomer): Promise<Ticket> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(giveUp('aborted'));
      const settle = (): void => {
        clearTimeout(timer);
        offAbort(signal, abort);
      };
      const leave = (why: 'aborted' | 'impatient'): void => {
        settle();
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        this.#tokens -= tokens;
        reject(giveUp(why));
        left();
      };
      const abort = (): void => leave('aborted');
      const serve = (ticket: Ticket): void => {
        settle();
        resolve(ticket);
      };
      const timer =
        patienceMs < Infinity ? setTimeout(() => leave('impatient'), Math.min(patienceMs, longestTimerMs)) : undefined;
      const waiter = { tokens, since: performance.now(), serve };
      onAbort(signal, abort);
      this.#waiters.push(waiter);
      this.#tokens += tokens;
    });
  }
}
