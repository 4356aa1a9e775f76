/** What one request may still spend: made by `deadline`, carried down beside the request, never seen by an adapter. */
import type { Attempt, ModelRequest } from '@rolecall/core';
import { attemptCancellation, endWith, type SignalledRequest } from './attempt-signal.ts';
import type { Cancellation } from './cancellation.ts';
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
  /** The request has fields that are not ours. Whoever puts them there stands around the router or below it, not between its policies. */
  hasMore?: boolean | undefined;
  /** Deployments asked so far: `balance` prefers the others, and makes the set when there are any. */
  tried?: Set<string> | undefined;
  /** Calls that are over, as `record` saw them: what is known of a request that ends from outside. */
  made?: readonly Attempt[] | undefined;
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

/** The request with its plan. */
export function planned(request: ModelRequest, plan: Plan): PlannedRequest {
  plan.hasMore = hasMore(request);
  const copy = copied(request);
  copy.plan = plan;
  return copy;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A copy to be changed, with all that others have put on the request. */
export function copied(request: PlannedRequest): Writable<PlannedRequest> {
  const copy: Writable<PlannedRequest> = copiedBut(request);
  copy.signal = request.signal;
  return copy;
}

/** A copy that ends with an attempt. */
export function copiedFor(attempt: Cancellation, request: PlannedRequest): Writable<PlannedRequest> {
  return endWith(copiedBut(request), attempt);
}

/** The copy has no signal yet: to make a getter of one that it has takes five times as long. */
function copiedBut(request: PlannedRequest): Writable<PlannedRequest> {
  const copy = fieldsOf(request);
  return (request.plan?.hasMore ?? hasMore(request)) ? Object.assign(copy, request) : copy;
}

/** Each by its name: of so many, a spread would take fifty times as long on Node 20. */
function fieldsOf(request: PlannedRequest) {
  return {
    messages: request.messages,
    role: request.role,
    model: request.model,
    labels: request.labels,
    tools: request.tools,
    toolChoice: request.toolChoice,
    outputSchema: request.outputSchema,
    settings: request.settings,
    cache: request.cache,
    affinity: request.affinity,
    fallbacks: request.fallbacks,
    deadlineMs: request.deadlineMs,
    providerOptions: request.providerOptions,
    wire: request.wire,
    onDelta: request.onDelta,
    plan: request.plan,
    waitedMs: request.waitedMs,
    avoid: request.avoid,
    lastResort: request.lastResort,
    [attemptCancellation]: request[attemptCancellation],
  } satisfies { readonly [Key in Exclude<keyof Required<PlannedRequest>, 'signal'>]: unknown };
}

const ours: ReadonlySet<string | symbol> = new Set(['signal', ...Reflect.ownKeys(fieldsOf({ messages: [] }))]);

/** Somebody has put something of his own on it: a tracker around the router, what it holds of a budget. */
function hasMore(request: ModelRequest): boolean {
  for (const name in request) if (!ours.has(name)) return true;
  return Object.getOwnPropertySymbols(request).some((symbol) => !ours.has(symbol));
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
