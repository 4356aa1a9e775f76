import type { Model } from '@rolecall/core';
import { carry } from '../compose.ts';
import { ModelError, type ModelErrorCode, remedies, RouteError } from '../errors.ts';
import { atLeastZero, checkOptions, countFromOne, countFromZero, type Rule, share } from '../options-check.ts';
import type { PlannedRequest } from '../plan.ts';
import { overlay } from '../overlay.ts';
import { Breaker, type Circuit, type CircuitRules, type Pass } from './circuit.ts';

export interface CooldownOptions {
  /** Failures in a row that open the circuit. @default 5 */
  readonly failuresInRow?: number | undefined;
  /** It opens as well when more than this share of the calls in the window failed, 0 to 1. @default 0.5 */
  readonly failureShare?: number | undefined;
  /** Calls in the window below which the share says nothing. @default 5 */
  readonly minimumCalls?: number | undefined;
  /** How far back calls count. @default 60_000 */
  readonly windowMs?: number | undefined;
  /** How long it stays open, ± 20 %: twice as long after each probe that fails, and never less than `Retry-After`. @default 5_000 */
  readonly baseMs?: number | undefined;
  /** Where the doubling ends. @default 300_000 */
  readonly maxMs?: number | undefined;
  /** Stay open for exactly this long instead: neither doubled nor jittered, whatever `Retry-After` says. @default none */
  readonly cooldownMs?: number | undefined;
  /** Open when more failures than this fall in the window, and for no other reason. @default none */
  readonly allowedFails?: number | undefined;
  /** The same for single codes, each counted apart; a code not named here follows the other rules. @default {} */
  readonly allowedFailsPerCode?: { readonly [Code in ModelErrorCode]?: number | undefined } | undefined;
}

/** Where the deployment stands. */
export interface CooldownContext {
  /** Deployments behind the same name, this one included. One that is alone is not left alone for a single 429. @default 1 */
  readonly members?: number | undefined;
}

/** A model that is left alone after failures. */
export interface CoolingModel extends Model {
  readonly circuit: Circuit;
}

/**
 * Leaves a model alone after failures: it is not asked for a while, then one call tries whether it works again.
 *
 * @example
 * const model = cooldown({ baseMs: 10_000 })(openai('gpt-4o'));
 *
 * @throws {TypeError} when an option is not valid.
 * @throws {ModelError} (the model it returns) `rate_limited`, with the time to wait, while the circuit is open.
 */
export function cooldown(options: CooldownOptions = {}, context: CooldownContext = {}): (next: Model) => CoolingModel {
  const circuitRules = checked(options, context);

  return (next) => {
    const circuit = new Breaker(circuitRules);
    const model: Model = async (request: PlannedRequest) => {
      const pass = circuit.enter(request.lastResort);
      if (!pass) throw coolingDown(circuit, next.id ?? request.model ?? 'model');
      const startedAt = performance.now();
      try {
        const response = await next(request.lastResort ? { ...request, lastResort: undefined } : request);
        circuit.succeeded(pass);
        return response;
      } catch (error) {
        judge(error, circuit, pass, request, startedAt);
        throw error;
      }
    };
    return Object.assign(carry(next, model), { circuit });
  };
}

/** Mistakes and wishes of the caller, which say nothing of the deployment. */
const callersOwn: ReadonlySet<ModelErrorCode> = new Set(['invalid_request', 'context_too_long', 'content_filtered', 'aborted']);
const clearlyTooLongMs = 30_000;

/** What the end of a call says of the deployment. A bug, a refusal and a throw from `onDelta` say nothing. */
function judge(error: unknown, circuit: Breaker, pass: Pass, request: PlannedRequest, startedAt: number): void {
  if (!isFailure(error) || callersOwn.has(error.code) || isHurried(error, request, startedAt))
    return circuit.left(pass, startedAt);
  const { code, status, retryAfterMs } = error;
  const reason = ModelError.isInstance(error) ? error.reason : undefined;
  circuit.failed(pass, { code, status, retryAfterMs, reason }, startedAt);
}

function isFailure(error: unknown): error is ModelError | RouteError {
  return ModelError.isInstance(error) ? !error.unasked : RouteError.isInstance(error);
}

/** It ran out of time that the caller, or those asked before, had made short. */
function isHurried({ code }: ModelError | RouteError, { plan, deadlineMs }: PlannedRequest, startedAt: number): boolean {
  const now = performance.now();
  if (code === 'deadline_exceeded') return deadlineMs !== undefined || now - startedAt < clearlyTooLongMs;
  return code === 'attempt_timeout' && deadlineMs !== undefined && plan !== undefined && now >= plan.linkDeadlineAt - 1;
}

function coolingDown(circuit: Circuit, model: string): ModelError {
  const { lastError } = circuit;
  const retryAfterMs = Math.max(1, Math.ceil(circuit.availableInMs())); // it may have become free since
  const reason = `cooling down after ${lastError?.code ?? 'failures'}; try again in ${Math.ceil(retryAfterMs / 1_000)} s`;
  return new ModelError('rate_limited', { model, status: 429, retryAfterMs, reason, unasked: true });
}

const aboveZero: Rule = { valid: 'a finite number above 0', holds: (value) => Number.isFinite(value) && Number(value) > 0 };
const rules = {
  failuresInRow: countFromOne,
  failureShare: share,
  minimumCalls: countFromOne,
  windowMs: aboveZero,
  baseMs: aboveZero,
  maxMs: aboveZero,
  cooldownMs: atLeastZero,
  allowedFails: countFromZero,
  allowedFailsPerCode: { valid: 'an object with counts by code', holds: (value: unknown) => typeof value === 'object' },
};

const defaults = { failuresInRow: 5, failureShare: 0.5, minimumCalls: 5, windowMs: 60_000, baseMs: 5_000, maxMs: 300_000 };

function checked(options: CooldownOptions, context: CooldownContext): CircuitRules {
  checkOptions('cooldown', options, rules);
  checkOptions('cooldown: the context', context, { members: countFromOne });
  const { cooldownMs, allowedFails, allowedFailsPerCode = {}, ...others } = options;
  const codes = Object.fromEntries(Object.keys(remedies).map((code) => [code, countFromZero]));
  checkOptions('cooldown: allowedFailsPerCode', allowedFailsPerCode, codes);
  return { ...overlay(defaults, others), cooldownMs, allowedFails, allowedFailsPerCode, members: context.members ?? 1 };
}
