import type { TrackedDelta } from './model-call.ts';

type OnDelta = (delta: TrackedDelta) => void | Promise<void>;

interface WatchedRequest {
  readonly signal?: AbortSignal | undefined;
}

/** Watches one call: how long it takes, on a clock that never jumps, what is streamed out of it, and who ended it. */
export class Stopwatch {
  readonly startedAt: number = Date.now();
  /** Until the first delta that says anything. */
  firstTokenMs: number | undefined;
  /** The caller's own `onDelta` ended the call: that is not the model's fault. */
  callerFailed = false;
  /** UTF-8 bytes of what was streamed out of it. */
  streamedBytes = 0;
  readonly #start = performance.now();
  readonly #request: WatchedRequest;
  readonly #abortedBefore: boolean;

  constructor(request: WatchedRequest) {
    this.#request = request;
    // A router makes the signal of an attempt when it is asked for. One that is not made yet was not aborted before.
    const isMade = Object.getOwnPropertyDescriptor(request, 'signal')?.get === undefined;
    this.#abortedBefore = isMade && (request.signal?.aborted ?? false);
  }

  /** The caller gave up. */
  get aborted(): boolean {
    return this.#request.signal?.aborted ?? false;
  }

  /** The provider may have begun to work, and so to charge: something came, or the caller gave up halfway. */
  get begun(): boolean {
    return this.firstTokenMs !== undefined || (this.aborted && !this.#abortedBefore);
  }

  elapsedMs(): number {
    return performance.now() - this.#start;
  }

  /** The same `onDelta`, watched: what it returns and throws goes through untouched. */
  watch(onDelta: OnDelta): OnDelta {
    const blame = (error: unknown): never => {
      this.callerFailed = true;
      throw error;
    };
    return (delta) => {
      const text = delta.type === 'tool_call' ? `${delta.name ?? ''}${delta.arguments ?? ''}` : delta.text;
      if (delta.type === 'tool_call' || text !== '') this.firstTokenMs ??= this.elapsedMs();
      this.streamedBytes += Buffer.byteLength(text);
      try {
        const held = onDelta(delta);
        return held instanceof Promise ? held.catch(blame) : held;
      } catch (error) {
        return blame(error);
      }
    };
  }
}
