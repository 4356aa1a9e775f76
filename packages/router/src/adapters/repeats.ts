/** Asking past the SDK: what it has sent once is sent again with another body, at a fraction of the cost. */
import type { Cancellation } from '../cancellation.ts';
import { type CallEnding, endedBy } from '../transport/cancelled-by.ts';
import { sendAgain } from '../transport/pooled-fetch.ts';
import type { PlainRequest } from '../transport/redirects.ts';
import { StatusError } from './status-error.ts';

/**
 * The requests of a client that an adapter has made itself: where they go and with which headers the SDK decides, at the first request of
 * each kind, and none of that changes from one body to the next. A client of the user's is asked each time.
 */
export class Repeats {
  readonly #isPooled: boolean;
  readonly #known = new Map<string, PlainRequest>();

  /** `isPooled`: the client is the adapter's own, and sends its requests with `pooledFetch()`. */
  constructor(isPooled: boolean) {
    this.#isPooled = isPooled;
  }

  /** `kind`: requests of one kind differ in their bodies alone. @throws {StatusError} as well as what the SDK throws */
  async ask(
    kind: string,
    body: object,
    call: Cancellation,
    viaSdk: (ending: CallEnding) => Promise<Response>,
  ): Promise<Response> {
    const before = this.#known.get(kind);
    const response = before && (await sendAgain(before, JSON.stringify(body), call));
    if (!response) return await viaSdk(endedBy(call, this.#isPooled ? (sent) => this.#note(kind, sent) : undefined));
    if (!response.ok) throw new StatusError(response, await response.text());
    return response;
  }

  #note(kind: string, sent: PlainRequest): void {
    this.#known.set(kind, { ...sent, body: null, endings: [] });
  }
}
