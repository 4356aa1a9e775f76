/** Relaying past the SDK: what it has sent once is sent again with another body, at a fraction of the cost. */
import type { Note } from '../transport/cancelled-by.ts';
import { sendAgain } from '../transport/pooled-fetch.ts';
import type { PlainRequest } from '../transport/redirects.ts';
import type { Relay } from './wire.ts';

/** A status that is none of success, as the SDKs throw it. */
class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: number;
  readonly headers: Headers;
  /** The body, read as JSON where it is. */
  readonly error: unknown;

  constructor({ status, headers }: Response, text: string) {
    super(`${status} ${text || 'status code (no body)'}`);
    this.status = status;
    this.headers = headers;
    this.error = parsed(text);
  }
}

/** The requests of one client: where they went, and with which headers. Those do not change from one body to the next. */
export class Repeats {
  readonly #known = new Map<string, PlainRequest>();

  /** Remembers what the SDK makes of such a request. */
  note({ api, streamAsked }: Relay): Note {
    return (request) => void this.#known.set(`${api} ${streamAsked}`, { ...request, body: null, signals: [] });
  }

  /** @throws {StatusError} */
  async send({ api, streamAsked, body }: Relay, signal: AbortSignal): Promise<Response | undefined> {
    const before = this.#known.get(`${api} ${streamAsked}`);
    const response = before && (await sendAgain(before, JSON.stringify(body), signal));
    if (response && !response.ok) throw new StatusError(response, await response.text());
    return response;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
