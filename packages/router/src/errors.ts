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

/** The codes that leave a choice: an abort and a deadline end the request. */
export type OpenCode = Exclude<ModelErrorCode, 'aborted' | 'deadline_exceeded'>;

/** What an error of this code asks for: the same backend again, the next in the chain, or neither. */
export type Remedy = 'repeat' | 'next' | 'fail';

/** What to do about each code. A router takes changes to it: `createRouter({ remedies: { auth: 'fail' } })`. */
export type Remedies = Readonly<Record<ModelErrorCode, Remedy>>;

export const remedies: Remedies = {
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
  invalid_request: 'fail', // every provider would say the same, unless the error says `unsupported`
  deadline_exceeded: 'fail',
  aborted: 'fail',
};

/** All of them, for checks. */
export const openCodes: readonly string[] = Object.keys(remedies).filter(
  (code) => code !== 'aborted' && code !== 'deadline_exceeded',
);

/** What this error asks for. Nothing helps once part of the answer has been passed on. */
export function remedyOf({ code, committed, unsupported }: ModelError, table: Remedies = remedies): Remedy {
  if (committed) return 'fail';
  return unsupported && table[code] === 'fail' ? 'next' : table[code];
}

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
  /** This backend cannot take such a request (a kind of media, a feature), which says nothing of the others. @default false */
  unsupported?: boolean | undefined;
  /** Nobody was asked: every backend there is was ruled out. @default false */
  unasked?: boolean | undefined;
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
  /** This backend cannot take such a request, which says nothing of the others. */
  readonly unsupported: boolean;
  /** Nobody was asked: every backend there is was ruled out. */
  readonly unasked: boolean;
  readonly requestId: string | undefined;
  /** The calls behind this error. Trackers and routers fill it in on the way up. */
  attempts?: readonly Attempt[];

  constructor(code: ModelErrorCode, facts: ModelErrorFacts) {
    const { model, status } = facts;
    const reason = facts.reason === undefined ? undefined : redact(facts.reason);
    super(
      `${model} failed: ${code}${status === undefined ? '' : ` (HTTP ${status})`}${reason === undefined ? '' : `: ${reason}`}`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
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
    this.unsupported = facts.unsupported ?? false;
    this.unasked = facts.unasked ?? false;
    this.requestId = facts.requestId;
    unprint(this, 'reason', 'partialText', 'attempts');
  }

  /** Asking the same backend again may help. */
  get retryable(): boolean {
    return remedyOf(this) === 'repeat';
  }

  /** Asking another backend may help. */
  get replaceable(): boolean {
    return remedyOf(this) !== 'fail';
  }

  get isModelError(): true {
    return true; // on the prototype, so it never clutters a log
  }

  /** Holds across duplicate copies of this package, where `instanceof` does not. */
  static isInstance(error: unknown): error is ModelError {
    return (error as Partial<ModelError> | null | undefined)?.isModelError === true;
  }
}

export interface RouteErrorFacts {
  /** What each link of the chain failed with, in order. */
  errors: readonly [ModelError, ...ModelError[]];
  /** Every call made and every link skipped, in order. */
  attempts: readonly Attempt[];
  /** The role that asked. */
  role?: string | undefined;
  /** The named model that was asked for, if the request named one. */
  model?: string | undefined;
}

/** Every backend of a route failed: `code` and `status` are those of the first that was asked, `attempts` tells the whole story. */
export class RouteError extends Error {
  override readonly name = 'RouteError';
  readonly code: ModelErrorCode;
  readonly status: number | undefined;
  readonly role: string | undefined;
  readonly model: string | undefined;
  /** What each link failed with, in order. */
  readonly errors: readonly [ModelError, ...ModelError[]];
  /** Every call made and every link skipped, in order. */
  readonly attempts: readonly Attempt[];
  /** The shortest wait that any of the backends asked for. */
  readonly retryAfterMs: number | undefined;

  constructor({ errors, attempts, role, model }: RouteErrorFacts) {
    const first = errors.find(({ unasked }) => !unasked) ?? errors[0]; // that one is cooling down says nothing of what is wrong
    super([headline(attempts, role, model), ...attempts.map(describe)].join('\n'), { cause: first });
    this.code = first.code;
    this.status = first.status;
    this.role = role;
    this.model = model;
    this.errors = errors;
    this.attempts = attempts;
    const waits = errors.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
    this.retryAfterMs = waits.length === 0 ? undefined : Math.min(...waits);
    unprint(this, 'attempts');
  }

  get isRouteError(): true {
    return true;
  }

  /** Holds across duplicate copies of this package, where `instanceof` does not. */
  static isInstance(error: unknown): error is RouteError {
    return (error as Partial<RouteError> | null | undefined)?.isRouteError === true;
  }
}

/** Leaves what is named, and what says nothing, to be read, but neither printed nor logged. */
function unprint(error: Error, ...names: readonly string[]): void {
  for (const [name, value] of Object.entries(error)) {
    if (value === undefined || value === false || names.includes(name)) Object.defineProperty(error, name, { enumerable: false });
  }
}

/** What an aborted signal means for this model: the `ModelError` a policy aborted with, or else that the caller gave up. */
export function abortError({ reason }: AbortSignal, model: string): ModelError {
  if (!ModelError.isInstance(reason)) return new ModelError('aborted', { model, cause: reason });
  return copyOf(reason, { model, cause: reason });
}

/** The same where the call was not made yet. */
export function abortedUnasked(signal: AbortSignal, model: string): ModelError {
  return copyOf(abortError(signal, model), { unasked: true });
}

/** The same error once more, with other facts where `changes` has some. */
export function copyOf(error: ModelError, changes: Partial<ModelErrorFacts>): ModelError {
  return Object.assign(new ModelError(error.code, { ...factsOf(error), ...changes }), { stack: error.stack });
}

function factsOf(error: ModelError): ModelErrorFacts {
  return {
    model: error.model,
    reason: error.reason,
    status: error.status,
    retryAfterMs: error.retryAfterMs,
    committed: error.committed,
    partialText: error.partialText,
    usage: error.usage,
    possiblyBilled: error.possiblyBilled,
    simulated: error.simulated,
    local: error.local,
    unsupported: error.unsupported,
    unasked: error.unasked,
    requestId: error.requestId,
    cause: error.cause,
  } satisfies Required<ModelErrorFacts>;
}

function headline(attempts: readonly Attempt[], role: string | undefined, model: string | undefined): string {
  const what = attempts.every(({ outcome }) => outcome === 'skipped') ? 'No backend could be asked' : 'Every backend failed';
  const asked = [role === undefined ? [] : `role "${role}"`, model === undefined ? [] : `model "${model}"`].flat().join(', ');
  return `${what}${asked === '' ? '' : ` for ${asked}`}:`;
}

/** `1. gpt-4 (openai/gpt-4): rate_limited, HTTP 429, waited 1.2 s, took 340 ms: Too many requests` */
function describe(attempt: Attempt, index: number): string {
  const { name, model, outcome, code, status, reason, waitMs, durationMs } = attempt;
  const facts = [
    outcome === 'skipped' ? 'skipped' : [],
    code ?? [],
    status === undefined ? [] : `HTTP ${status}`,
    waitMs > 0 ? `waited ${duration(waitMs)}` : [],
    outcome === 'skipped' ? [] : `took ${duration(durationMs)}`,
  ].flat();
  const who = name === undefined || name === model ? model : `${name} (${model})`;
  return `  ${index + 1}. ${who}: ${facts.join(', ')}${reason === undefined ? '' : `: ${reason}`}`;
}

/** `340 ms`, `1.2 s` */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

const secrets =
  /\b(?:sk|gsk|pk|rk|xai)[-_][\w*.-]{6,}|\b(?:AIza|(?:csk|pplx|nvapi|tgp|fw|hf)[-_])[\w-]{20,}|\b(Bearer|Basic)\s+[\w.~+/=-]{6,}|(?<=:\/\/)[^/?#\s]+(?=@)/gi;
const longestReason = 300;

/** Strikes out what looks like a key, and the password in a URL, and cuts what is too long for a message. */
export function redact(reason: string): string {
  const clean = reason.replace(secrets, (_, scheme?: string) => (scheme ? `${scheme} [redacted]` : '[redacted]'));
  return clean.length > longestReason ? `${clean.slice(0, longestReason)}…` : clean;
}
