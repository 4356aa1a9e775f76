/** A request that is refused before any model is asked. This file imports no code. */

export interface RefusalFacts {
  /** The HTTP status. */
  readonly status: number;
  /** In OpenAI's words: `invalid_request_error`, `authentication_error`, `rate_limit_error` … */
  readonly type: string;
  readonly code: string;
  /** A sentence for the caller, without secrets. */
  readonly message: string;
  /** The field that is wrong. */
  readonly param?: string | undefined;
  /** When asking again may help. Every 429 and 503 has one. @default 1_000 for a 429 or a 503 */
  readonly retryAfterMs?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Thrown by whatever refuses a request; the HTTP layer says it in the words of the API that was asked. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly facts: RefusalFacts;

  constructor(facts: RefusalFacts) {
    super(facts.message);
    this.facts = facts;
  }
}

/** The request itself is wrong: a 400. */
export function badRequest(message: string, param?: string, code = 'invalid_request'): Refusal {
  return new Refusal({ status: 400, type: 'invalid_request_error', code, message, param });
}
