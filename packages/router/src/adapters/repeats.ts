/** Asking past the SDK: what it has sent once is sent again with another body, at a fraction of the cost. */
import type { Cancellation } from '../cancellation.ts';
import { type CallEnding, type CancellableInit, endedBy, noteOf, type Sent, withOneSignal } from '../transport/cancelled-by.ts';
import { pooledFetch } from '../transport/pooled-fetch.ts';
import { StatusError } from './status-error.ts';

export interface RepeatsOptions {
  /** A client of the user's: it is asked each time. */
  readonly client?: object | undefined;
  /** A `fetch` of the user's: it sees every request. @default pooledFetch() */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * The requests of a client that an adapter makes itself: where they go and with which headers the SDK decides, at the first request of
 * each kind, and none of that changes from one body to the next.
 */
export class Repeats {
  /** What that client is to send its requests with. */
  readonly fetch: typeof globalThis.fetch;
  readonly #isOwn: boolean;
  readonly #known = new Map<string, Sent>();

  constructor({ client, fetch }: RepeatsOptions) {
    this.#isOwn = client === undefined;
    this.fetch = fetch === undefined ? pooledFetch() : noticing(fetch);
  }

  /** `kind`: requests of one kind differ in their bodies alone. @throws {StatusError} as well as what the SDK throws */
  async ask(
    kind: string,
    body: object,
    call: Cancellation,
    viaSdk: (ending: CallEnding) => Promise<Response>,
  ): Promise<Response> {
    const response = await this.#known.get(kind)?.again(JSON.stringify(body), call);
    if (!response) return await viaSdk(endedBy(call, this.#isOwn ? (sent) => this.#note(kind, sent) : undefined));
    if (!response.ok) throw new StatusError(response, await response.text());
    return response;
  }

  #note(kind: string, sent: Sent): void {
    const isForAny = [...sent.headers.keys()].every((name) => !forOne.test(name));
    if (isForAny) this.#known.set(kind, sent);
  }
}

/** Headers that an SDK may make anew for each request. None does today. */
const forOne = /idempoten|request-id|nonce|signature/;

/** The same `fetch`, which tells what it sends. */
function noticing(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init: CancellableInit = {}) => {
    const plain = withOneSignal(init);
    const again: Sent['again'] = (body, { signal }) => fetch(input, { ...plain, body, signal });
    noteOf(init)?.({ headers: new Headers(init.headers), again });
    return await fetch(input, plain);
  };
}
