import type { Attempt } from '@rolecall/core';

/** What a deployment last failed with. */
export interface LastError {
  /** A code of `ModelError`; absent when a bug of ours or the caller's was thrown. */
  readonly code?: string | undefined;
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const smoothing = 0.2; // of the newest call: about the last ten count

/** What the calls to one deployment say of its health. */
export class Vitals {
  #answered = 0;
  #failed = 0;
  #latencyMs: number | undefined;
  #firstTokenMs: number | undefined;
  #lastError: LastError | undefined;

  note({ outcome, durationMs, firstTokenMs, code, status, reason }: Attempt): void {
    if (outcome === 'answered') {
      this.#answered += 1;
      this.#latencyMs = smoothed(this.#latencyMs, durationMs);
      if (firstTokenMs !== undefined) this.#firstTokenMs = smoothed(this.#firstTokenMs, firstTokenMs);
    } else if (outcome === 'failed' || (outcome === 'skipped' && code !== 'aborted')) {
      if (outcome === 'failed') this.#failed += 1;
      this.#lastError = { code, status, reason, at: Date.now() };
    }
  }

  get answered(): number {
    return this.#answered;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Of a whole answer, recent ones counting most. */
  get latencyMs(): number | undefined {
    return this.#latencyMs;
  }

  get firstTokenMs(): number | undefined {
    return this.#firstTokenMs;
  }

  get lastError(): LastError | undefined {
    return this.#lastError;
  }
}

function smoothed(mean: number | undefined, newest: number): number {
  return mean === undefined ? newest : mean + smoothing * (newest - mean);
}
