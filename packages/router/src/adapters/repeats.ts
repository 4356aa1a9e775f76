/** Asking past the SDK: what it has sent once is sent again with another body, at a fraction of the cost. */
import type { Cancellation } from '../cancellation.ts';
import { type CallEnding, type CancellableInit, endedBy, noteOf, type Sent, withOneSignal } from '../transport/cancelled-by.ts';
import { pooledFetch } from '../transport/pooled-fetch.ts';
import { withinOrigin } from '../transport/redirects.ts';
import { networkError } from './http.ts';
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
    this.fetch = fetch === undefined ? pooledFetch() : noticing(withinOrigin(fetch));
  }

  /** `kind`: requests of one kind differ in their bodies alone. @throws {StatusError} as well as what the SDK throws */
  async ask(
    kind: string,
    body: object,
    call: Cancellation,
    viaSdk: (ending: CallEnding) => Promise<Response>,
  ): Promise<Response> {
    const response = await this.#again(kind, body, call);
    if (!response) return await viaSdk(endedBy(call, this.#isOwn ? (sent) => this.#note(kind, sent) : undefined));
    if (!response.ok) throw new StatusError(response, await response.text().catch(() => '')); // the status says enough
    return response;
  }

  async #again(kind: string, body: object, call: Cancellation): Promise<Response | undefined> {
    const known = this.#known.get(kind);
    if (!known) return undefined;
    const text = JSON.stringify(body);
    try {
      return await known.again(text, call);
    } catch (error) {
      throw call.aborted ? error : sendFailure(error);
    }
  }

  #note(kind: string, sent: Sent): void {
    const isForAny = [...sent.headers.keys()].every((name) => !forOne.test(name));
    if (isForAny && (this.#known.size < mostKinds || this.#known.has(kind))) this.#known.set(kind, sent);
  }
}

/** Callers may name kinds of their own: those beyond are asked for through the SDK. */
const mostKinds = 64;

/** Headers that are made anew for each request, by tracers for one: whoever sends such is asked each time. */
const forOne = /idempoten|request-id|trace|baggage|\bb3\b|span|nonce|signature|timestamp|^date$/;

/** Named as the SDKs name it. */
class APIConnectionTimeoutError extends Error {}

/** What an SDK would make of whatever a `fetch` of the user's throws. */
export function sendFailure(cause: unknown): unknown {
  if (networkError(cause)) return cause;
  const isLate = /^AbortError|timed? ?out/i.test(String(cause));
  return isLate ? new APIConnectionTimeoutError('timed out', { cause }) : new TypeError('network error', { cause });
}

/** The same `fetch`, which tells what it sends. Headers are copied each time: whoever gets them may add to them. */
function noticing(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init: CancellableInit = {}) => {
    const given = withOneSignal(init);
    const { body: _, signal: __, headers, ...rest } = given;
    const sent = new Headers(headers);
    const again: Sent['again'] = (text, call) =>
      fetch(input, { ...rest, headers: new Headers(sent), body: text, signal: call.signal });
    noteOf(init)?.({ headers: sent, again });
    return await fetch(input, given);
  };
}
