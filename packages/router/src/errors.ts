/** One attempt at one model failed, or every backend of a route did. This file imports no code. */
import type { Attempt, Usage } from '@rolecall/core';

export type ModelErrorCode =
  | 'rate_limited'
  | 'quota_exceeded'
  | 'overloaded'
  | 'first_token_timeout'
  | 'idle_timeout'
  | 'attempt_timeout'
  | 'deadline_exceeded'
  | 'network'
  | 'auth'
  | 'not_found'
  | 'context_too_long'
  | 'content_filtered'
  | 'invalid_request'
  | 'empty_answer'
  | 'malformed_answer'
  | 'stream_cut'
  | 'not_configured'
  | 'aborted';

/** What an error of this code asks for: the same backend again, the next in the chain, or neither. */
export type Remedy = 'repeat' | 'next' | 'fail';

export const remedies: Readonly<Record<ModelErrorCode, Remedy>> = {
  rate_limited: 'repeat',
  overloaded: 'repeat',
  network: 'repeat',
  stream_cut: 'repeat',
  empty_answer: 'repeat',
  malformed_answer: 'repeat',
  first_token_timeout: 'next',
  idle_timeout: 'next',
  attempt_timeout: 'next',
  quota_exceeded: 'next',
  auth: 'next',
  not_found: 'next',
  context_too_long: 'next',
  content_filtered: 'next',
  not_configured: 'next',
  invalid_request: 'fail', // every provider would say the same
  deadline_exceeded: 'fail',
  aborted: 'fail',
};

export interface ModelErrorFacts {
  /** `provider/model`. */
  model: string;
  /** What the provider said, in one sentence. Secrets are struck out. */
  reason?: string | undefined;
  /** The HTTP status, if there was one. */
  status?: number | undefined;
  /** How long the provider asked us to wait, if it said. */
  retryAfterMs?: number | undefined;
  /** Part of the answer had reached `onDelta`. @default false */
  committed?: boolean | undefined;
  /** The text that had arrived before it failed. */
  partialText?: string | undefined;
  /** What the provider reported before it failed. */
  usage?: Usage | undefined;
  /** The provider may charge for it all the same. @default false */
  possiblyBilled?: boolean | undefined;
  /** A simulator failed, not the provider it stands for. @default false */
  simulated?: boolean | undefined;
  /** The model runs on the caller's own machines. @default false */
  local?: boolean | undefined;
  /** The provider's id of the request. */
  requestId?: string | undefined;
  /** What was thrown. */
  cause?: unknown;
}

/** One attempt at one model failed: `code` says why, `cause` is what the SDK threw. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ModelErrorCode;
  readonly model: string;
  /** Why, in one sentence without secrets. */
  readonly reason: string | undefined;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** Part of the answer had reached `onDelta`: asking anyone again would say it twice. */
  readonly committed: boolean;
  readonly partialText: string | undefined;
  readonly usage: Usage | undefined;
  readonly possiblyBilled: boolean;
  readonly simulated: boolean;
  readonly local: boolean;
  readonly requestId: string | undefined;
  /** The calls behind this error. Trackers and routers fill it in on the way up. */
  attempts?: readonly Attempt[];

  constructor(code: ModelErrorCode, facts: ModelErrorFacts) {
    const { model, status } = facts;
    const reason = facts.reason === undefined ? undefined : redact(facts.reason);
    super(
      `${model} failed: ${code}${status === undefined ? '' : ` (HTTP ${status})`}${reason === undefined ? '' : `: ${reason}`}`,
      {
        cause: facts.cause,
      },
    );
    this.code = code;
    this.model = model;
    this.reason = reason;
    this.status = status;
    this.retryAfterMs = facts.retryAfterMs;
    this.committed = facts.committed ?? false;
    this.partialText = facts.partialText;
    this.usage = facts.usage;
    this.possiblyBilled = facts.possiblyBilled ?? false;
    this.simulated = facts.simulated ?? false;
    this.local = facts.local ?? false;
    this.requestId = facts.requestId;
  }

  /** Asking the same backend again may help. */
  get retryable(): boolean {
    return !this.committed && remedies[this.code] === 'repeat';
  }

  /** Asking another backend may help. */
  get replaceable(): boolean {
    return !this.committed && remedies[this.code] !== 'fail';
  }

  get isModelError(): true {
    return true; // on the prototype, so it never clutters a log
  }

  /** Holds across duplicate copies of this package, where `instanceof` does not. */
  static isInstance(error: unknown): error is ModelError {
    return (error as Partial<ModelError> | null | undefined)?.isModelError === true;
  }
}

const secrets = /\b(?:sk|gsk|pk|rk|xai)[-_][\w*.-]{6,}|\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi;
const longestReason = 300;

/** Strikes out what looks like a key, and cuts what is too long for a message. */
function redact(reason: string): string {
  const clean = reason.replace(secrets, (_, scheme?: string) => (scheme ? `${scheme} [redacted]` : '[redacted]'));
  return clean.length > longestReason ? `${clean.slice(0, longestReason)}…` : clean;
}
