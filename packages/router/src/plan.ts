/** What one request may still spend: made by `deadline`, carried down beside the request, never seen by an adapter. */
import type { ModelRequest } from '@rolecall/core';
import { attemptCancellation, type SignalledRequest } from './attempt-signal.ts';
import { ModelError, type ModelErrorFacts } from './errors.ts';

export interface Plan {
  /** When the answer must have begun, on the clock of `performance.now()`; `Infinity` once it has. */
  deadlineAt: number;
  /** When the link being asked has had its share of that time, on the same clock. */
  linkDeadlineAt: number;
  /** Calls that may still be made. */
  attemptsLeft: number;
  /** Links of the chain not yet asked, the one being asked excluded. Each keeps one attempt. */
  linksLeft: number;
  /** Deployments that timed out on this request: not asked again while another link remains. */
  readonly asked: Set<string>;
  /** Deployments asked so far: `balance` prefers the others, and makes the set when there are any. */
  tried?: Set<string> | undefined;
}

/** A request on its way through the policies. */
export interface PlannedRequest extends SignalledRequest {
  readonly plan?: Plan | undefined;
  /** Milliseconds waited before this call: back-off, queues. */
  readonly waitedMs?: number | undefined;
  /** Deployments that have failed on this request: others are preferred. */
  readonly avoid?: ReadonlySet<string> | undefined;
  /** Nobody else can be asked: a circuit that opened for a passing reason lets it through. */
  readonly lastResort?: boolean | undefined;
}

/** Every field there is, unset. */
const unset: { readonly [Key in keyof Required<PlannedRequest>]: undefined } = {
  messages: undefined,
  role: undefined,
  model: undefined,
  labels: undefined,
  tools: undefined,
  toolChoice: undefined,
  outputSchema: undefined,
  settings: undefined,
  cache: undefined,
  affinity: undefined,
  fallbacks: undefined,
  deadlineMs: undefined,
  providerOptions: undefined,
  wire: undefined,
  onDelta: undefined,
  signal: undefined,
  plan: undefined,
  waitedMs: undefined,
  avoid: undefined,
  lastResort: undefined,
  [attemptCancellation]: undefined,
};

/** The request with its plan. All fields are there, so that the copies made on the way down have one shape: those cost 20 times less. */
export function planned(request: ModelRequest, plan: Plan): PlannedRequest {
  return Object.assign({ ...unset }, request, { plan });
}

/**
 * Takes one call more for the link being asked (a retry, a hedge), if the plan has one that no other link needs.
 * Whoever makes a further call asks here first; the first call of a link is the chain's to take.
 */
export function takeExtra(plan: Plan | undefined): boolean {
  if (!mayTakeExtra(plan)) return false;
  if (plan) plan.attemptsLeft -= 1;
  return true;
}

/** Whether `takeExtra` would give one. */
export function mayTakeExtra(plan: Plan | undefined): boolean {
  return !plan || plan.attemptsLeft > plan.linksLeft;
}

/** Begins a link: takes its call, and gives it an equal share of the time left. */
export function beginLink(plan: Plan, linksLeft: number): void {
  const now = performance.now();
  plan.linksLeft = linksLeft;
  plan.attemptsLeft = Math.max(plan.attemptsLeft - 1, linksLeft); // a chain longer than the cap raises it
  plan.linkDeadlineAt = now + (plan.deadlineAt - now) / (linksLeft + 1);
}

/** What a link fails with whose share of the time is used up: the next may still answer, unless it was the last. */
export function outOfTime({ plan, model: named, role }: PlannedRequest, facts: Partial<ModelErrorFacts> = {}): ModelError {
  const model = named ?? role ?? 'model';
  return plan && plan.linksLeft > 0
    ? new ModelError('attempt_timeout', { model, reason: 'its share of the time until the deadline is used up', ...facts })
    : new ModelError('deadline_exceeded', { model, reason: 'no answer before the deadline of the request', ...facts });
}
