/** The attempts behind a call: those that a router or tracker lists, or else the one that is seen from here. */
import type { Attempt, ModelResponse } from './model.ts';

/** When a call began, and how long it took. */
export type CallTimes = Pick<Attempt, 'startedAt' | 'durationMs'>;

export function attemptsOf(response: ModelResponse, { startedAt, durationMs }: CallTimes): readonly Attempt[] {
  const { attempts, model, usage, metadata: { servedModel, simulated, local } = {} } = response;
  if (attempts && attempts.length > 0) return attempts;
  // Written out, here and wherever a call passes: V8 takes microseconds to spread an object into a larger one.
  const id = crypto.randomUUID();
  return [{ id, startedAt, waitMs: 0, durationMs, model, servedModel, outcome: 'answered', usage, simulated, local }];
}

/** What a `ModelError` or `RouteError` says about itself. Read structurally: core knows no router. */
type Failure = Partial<
  Pick<Attempt, 'model' | 'code' | 'status' | 'reason' | 'usage' | 'possiblyBilled' | 'simulated' | 'local'>
> & {
  readonly attempts?: readonly Attempt[] | undefined;
};

export function attemptsOfFailure(
  error: unknown,
  times: CallTimes,
  asked: { model: string; aborted: boolean },
): readonly Attempt[] {
  const failure = (error ?? {}) as Failure;
  if (Array.isArray(failure.attempts)) return failure.attempts;

  const outcome = asked.aborted ? 'aborted' : 'failed';
  if (typeof failure.model !== 'string' || typeof failure.code !== 'string') {
    // Nothing is known of the call; one that was cut off may well have reached the provider.
    return [{ ...seenFromHere(times), model: asked.model, outcome, possiblyBilled: asked.aborted || undefined }];
  }
  const { model, code, status, reason, usage, possiblyBilled, simulated, local } = failure;
  return [{ ...seenFromHere(times), model, outcome, code, status, reason, usage, possiblyBilled, simulated, local }];
}

function seenFromHere(times: CallTimes): Pick<Attempt, 'id' | 'startedAt' | 'waitMs' | 'durationMs'> {
  return { id: crypto.randomUUID(), waitMs: 0, ...times };
}

/** Which model stood in for which, and why, when it was not the first one asked that answered. */
export function fallbackTaken(attempts: readonly Attempt[]): string | undefined {
  const answered = attempts.findLast(({ outcome }) => outcome === 'answered' || outcome === 'cache_hit');
  const first = attempts[0];
  if (!answered || !first || nameOf(first) === nameOf(answered)) return undefined;

  const others = attempts.filter((attempt) => nameOf(attempt) !== nameOf(answered));
  const reasons = new Set(others.map((attempt) => `${nameOf(attempt)}: ${attempt.code ?? attempt.outcome}`));
  return `${nameOf(answered)} answered in place of others (${[...reasons].join(', ')})`;
}

function nameOf({ name, model }: Attempt): string {
  return name ?? model;
}

/** Calls that a crash cut off: nobody knows whether they were answered, and so billed. */
export function lostAttempts(startedAt: readonly number[], model = 'unknown'): readonly Attempt[] {
  return startedAt.map((at) => ({
    id: crypto.randomUUID(),
    model,
    startedAt: at,
    waitMs: 0,
    durationMs: 0,
    outcome: 'aborted',
    code: 'interrupted',
    reason: 'the process ended before the answer was written down',
    possiblyBilled: true,
  }));
}
