import type { CallRecord } from '../call-record.ts';

export type Failure = Pick<CallRecord, 'outcome' | 'code' | 'possiblyBilled'>;

const codes: Readonly<Record<number, string>> = {
  401: 'auth',
  402: 'quota_exceeded',
  403: 'auth',
  404: 'not_found',
  408: 'network',
  409: 'overloaded',
  413: 'context_too_long',
  429: 'rate_limited',
  498: 'overloaded', // Groq, when its flex tier is full
};

/** What a status says, in the words that `@rolecall/router` uses. */
export function statusCode(status: number): string {
  return codes[status] ?? (status >= 500 ? 'overloaded' : 'invalid_request');
}

/** The connection was never made, so nothing was charged. */
const neverConnected =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EPROTO|UND_ERR_CONNECT_TIMEOUT|ERR_(?:SSL|TLS)_\w+|\w*CERT\w*)$/;

export interface FailureContext {
  readonly signal: AbortSignal | undefined;
  readonly elapsedMs: number;
  /** What the SDK allows; Infinity where it allows all, or what it timed is there. */
  readonly allowedMs: number;
}

/** An SDK's clock starts a little before ours, on a busy machine by some milliseconds. */
const slack = 0.95;
const slackMs = 20;

/** How a request ended that threw. An SDK aborts its own requests, too, when they take longer than it allows. */
export function failureOf(error: unknown, { signal, elapsedMs, allowedMs }: FailureContext): Failure {
  if (signal?.aborted) {
    return elapsedMs >= Math.min(allowedMs * slack, allowedMs - slackMs)
      ? { outcome: 'failed', code: 'attempt_timeout', possiblyBilled: true }
      : { outcome: 'aborted', code: 'aborted', possiblyBilled: true };
  }
  return { outcome: 'failed', code: 'network', possiblyBilled: !codesOf(error).some((code) => neverConnected.test(code)) };
}

/** The SDKs say in a header what one call is allowed, in whole seconds; those of OpenAI and Groq are silent where it is what all calls of the client are. */
export function allowedMsOf(headers: Headers, ofClientMs: number = Infinity): number {
  const seconds = headers.get('x-stainless-timeout');
  return seconds === null || Number(seconds) === Math.trunc(ofClientMs / 1_000) ? ofClientMs : Number(seconds) * 1_000;
}

/** The codes of an error and of what caused it, at most ten deep: a chain may be circular. */
function codesOf(error: unknown, depth = 0): readonly string[] {
  if (typeof error !== 'object' || error === null || depth > 10) return [];
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  const tried: readonly unknown[] = Array.isArray(errors) ? errors : []; // an AggregateError has one for each address
  return [...(typeof code === 'string' ? [code] : []), ...[cause, ...tried].flatMap((next) => codesOf(next, depth + 1))];
}
