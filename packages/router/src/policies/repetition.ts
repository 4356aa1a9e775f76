/** What a retry does once a call has failed. */
import type { Attempt, Model, ModelRequest, ModelResponse } from '@rolecall/core';
import type PRetry from 'p-retry';
import { answerAfter, attemptsOf, errorAfter } from '../attempts.ts';
import { delay } from '../delay.ts';
import { abortError, ModelError, type ModelErrorCode, type Remedies, remedyOf } from '../errors.ts';
import { mayTakeExtra, type PlannedRequest, takeExtra } from '../plan.ts';
import { backOffMs, type BackOffLimits, isThrottled } from './back-off.ts';
import type { Circuit } from './circuit.ts';
import type { RetryBudget, RetryLeave } from './retry-budget.ts';

/** Options of `retry` that are known to be good. */
export interface RetryPolicy {
  readonly limits: BackOffLimits & { readonly retries: number };
  readonly perCode: { readonly [Code in ModelErrorCode]?: number | undefined };
  readonly remedies: Remedies;
  readonly budget: RetryBudget | undefined;
  readonly retriesOf: ((deployment: string) => number | undefined) | undefined;
  /** Loads p-retry, if that takes no longer than `waitMs`. */
  readonly pRetry: (waitMs: number) => Promise<typeof PRetry | undefined>;
}

/** Several deployments behind one name, as `balance` makes them. */
export interface Pool extends Model {
  readonly hasPeer?: ((request: ModelRequest) => boolean) | undefined;
  readonly members?: readonly { readonly model: { readonly circuit?: Circuit | undefined } }[] | undefined;
}

/** All that happens to one request after its first failure. */
export class Repetition {
  readonly #next: Pool;
  readonly #request: PlannedRequest;
  readonly #policy: RetryPolicy;
  readonly #earlier: Attempt[] = [];
  readonly #failed = new Set<string>();
  #last: unknown;
  #leave: RetryLeave | undefined;
  #waitedMs = 0;

  constructor(next: Pool, request: PlannedRequest, policy: RetryPolicy) {
    this.#next = next;
    this.#request = request;
    this.#policy = policy;
  }

  async after(first: ModelError): Promise<ModelResponse> {
    this.#last = first;
    const pRetry = await this.#policy.pRetry((this.#request.plan?.linkDeadlineAt ?? Infinity) - performance.now());
    if (!pRetry) throw first;
    try {
      return await pRetry((number) => (number === 1 ? Promise.reject(first) : this.#again()), {
        retries: Infinity, // counted by us, for each code apart
        minTimeout: 0, // all waiting is ours too: p-retry's jitter is not full, and it knows no Retry-After
        onFailedAttempt: ({ retriesConsumed }) => this.#prepare(retriesConsumed),
        shouldRetry: () => this.#leave !== undefined,
      });
    } catch {
      throw errorAfter(this.#earlier, this.#last); // itself, also where p-retry puts a TypeError in the place of a thrown string
    }
  }

  async #again(): Promise<ModelResponse> {
    try {
      const response = await this.#next(this.#asked());
      this.#leave?.answered();
      return answerAfter(this.#earlier, response);
    } catch (error) {
      this.#last = error;
      throw error;
    }
  }

  #asked(): PlannedRequest {
    return { ...this.#request, waitedMs: this.#waitedMs, avoid: this.#failed };
  }

  /** Gets leave for one more call and waits as long as it must; without leave the last error comes out. */
  async #prepare(retriesMade: number): Promise<void> {
    this.#leave = undefined;
    const error = this.#last;
    if (!ModelError.isInstance(error)) return;
    const deployment = attemptsOf(error).at(-1)?.deployment;
    if (deployment !== undefined) this.#failed.add(deployment);
    const hasPeer = this.#next.hasPeer?.(this.#asked()) ?? false;
    const waitMs = hasPeer ? 0 : Math.max(backOffMs(error, retriesMade, this.#policy.limits), this.#refusedForMs());
    if (retriesMade >= retriesFor(error, deployment, hasPeer, this.#policy)) return;
    if (!hasPeer && !this.#isWorthWaiting(error, deployment, waitMs)) return;
    this.#leave = this.#takeLeave(error, hasPeer ? undefined : (deployment ?? error.model));
    if (this.#leave) await this.#backOff(error, waitMs);
  }

  /** The next link of the chain is quicker than a long wait, and than a deployment that has just timed out. */
  #isWorthWaiting(error: ModelError, deployment: string | undefined, waitMs: number): boolean {
    const { plan } = this.#request;
    if (Math.max(error.retryAfterMs ?? 0, this.#refusedForMs()) > this.#policy.limits.maxDelayMs) return false;
    if (error.unasked && !this.#mayPass(error)) return false;
    if (!plan) return true;
    const hasTimedOut = deployment !== undefined && plan.asked.has(deployment);
    if (plan.linksLeft > 0 && (error.unasked || hasTimedOut || this.#isCooling())) return false;
    return performance.now() + waitMs < plan.linkDeadlineAt;
  }

  /** What ruled out those that were not asked may be over after a wait; a wrong key will not. */
  #mayPass(error: ModelError): boolean {
    const attempts = attemptsOf(error);
    return attempts.length === 0 || attempts.some(({ code }) => this.#policy.remedies[code as ModelErrorCode] === 'repeat');
  }

  /** Nobody behind this name would be asked now. */
  #isCooling(): boolean {
    const { members = [] } = this.#next;
    return members.length > 0 && members.every(({ model }) => (model.circuit?.availableInMs() ?? 0) > 0);
  }

  /** How long nobody behind this name would be asked even for want of anybody else: a shorter wait would be in vain. */
  #refusedForMs(): number {
    const { members = [] } = this.#next;
    const waits = members.map(({ model: { circuit } }) => (circuit?.lasting ? circuit.availableInMs() : 0));
    return waits.length === 0 ? 0 : Math.min(...waits);
  }

  #takeLeave(error: ModelError, backend: string | undefined): RetryLeave | undefined {
    const { plan } = this.#request;
    if (!mayTakeExtra(plan)) return undefined;
    const { budget } = this.#policy;
    const leave = budget ? budget.take(backend, isThrottled(error)) : { answered: () => undefined };
    return leave && takeExtra(plan) ? leave : undefined;
  }

  async #backOff(error: ModelError, waitMs: number): Promise<void> {
    const { signal, plan } = this.#request;
    this.#waitedMs = 0;
    if (waitMs > 0) {
      const start = performance.now();
      await delay(waitMs, signal);
      this.#waitedMs = performance.now() - start;
    }
    if (plan && !signal?.aborted && performance.now() >= plan.linkDeadlineAt) {
      this.#leave = undefined; // timers are late: there is no time left to ask in
      return;
    }
    this.#earlier.push(...attemptsOf(error));
    if (signal?.aborted) throw (this.#last = abortError(signal, error.model));
  }
}

/** Wherever the same named model runs it would say the same. */
const sameEverywhere: ReadonlySet<ModelErrorCode> = new Set(['context_too_long', 'content_filtered']);

/** How often a request may be repeated after such an error. What rules out one deployment (its key, its quota) leaves its peers. */
function retriesFor(error: ModelError, deployment: string | undefined, hasPeer: boolean, policy: RetryPolicy): number {
  const { limits, perCode, retriesOf } = policy;
  const { code, committed } = error;
  if (committed) return 0;
  const own = perCode[code];
  if (own !== undefined) return own;
  const remedy = remedyOf(error, policy.remedies);
  const repeats = remedy === 'repeat' || (remedy === 'next' && hasPeer && !sameEverywhere.has(code));
  if (!repeats) return 0;
  return (deployment === undefined ? undefined : retriesOf?.(deployment)) ?? limits.retries;
}
