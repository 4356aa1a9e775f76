import type { Attribution } from './attribution.ts';
import type { Hold } from './budgets.ts';

/** An HTTP request of a tracked client. */
export interface TappedRequest {
  /** The SDK's retries of one call share it. */
  readonly callId: string;
  /** Somebody else makes its row. */
  cover(): void;
  /** It makes a row of its own, once it is over. */
  release(): void;
}

/** A call of a wrapped model, which has a row for every attempt: the requests that tracked clients make for it need none. */
export class WrappedCall {
  readonly attribution: Attribution;
  /** What budgets hold for it. */
  readonly hold: Hold | undefined;
  #requests: TappedRequest[] = [];
  #over = false;

  constructor(attribution: Attribution, hold: Hold | undefined) {
    this.attribution = attribution;
    this.hold = hold;
  }

  /** Whether the call takes this request on; until it is over, the request waits to hear who makes its row. */
  take(request: TappedRequest): boolean {
    if (!this.#over) this.#requests.push(request);
    return !this.#over;
  }

  /**
   * The call is over, and so many attempts get rows: they cover the last requests, one each, and are told which. What an SDK sent
   * before that, and tried again, are requests without an attempt: they make rows of their own.
   */
  settle(attempts: number): readonly (TappedRequest | undefined)[] {
    this.#over = true;
    const covered = attempts === 0 ? [] : this.#requests.slice(-attempts);
    for (const request of this.#requests) {
      if (covered.includes(request)) request.cover();
      else request.release();
    }
    this.#requests = [];
    return [...Array.from({ length: attempts - covered.length }, () => undefined), ...covered];
  }
}
