/** What there is to tell of a pool: what would become of a request, and why nobody could be asked. */
import type { Attempt, ModelRequest } from '@rolecall/core';
import { newAttemptId } from '../attempt-ids.ts';
import { duration, ModelError, type ModelErrorCode } from '../errors.ts';
import type { Choice, Obstacle, Pool } from './pool.ts';
import type { Strategy } from './strategies/strategy.ts';

/** One line of what would happen to a request. */
export interface Ranked {
  readonly id: string;
  /** The one that would be asked; where lots are drawn, the likeliest. */
  readonly pick: boolean;
  /** Why it stands where it stands, or why it would not be asked. */
  readonly why?: string | undefined;
  /** What a call would fail with that is not made: `rate_limited` for what passes by itself. */
  readonly code?: ModelErrorCode | undefined;
}

/** What would become of this request, best first. */
export function rank(pool: Pool, strategy: Strategy, request: ModelRequest): readonly Ranked[] {
  const choice = pool.choice(request);
  const pick = choice && pool.likeliest(choice, request);
  const lines = pool.seats.map((seat) => {
    const obstacle = pool.obstacle(seat, request);
    const place = seat === pick ? 0 : choice?.among.includes(seat) ? 1 : obstacle ? places[obstacle.kind] : 2;
    const cost = strategy.cost(seat, request);
    return { seat, obstacle, place, order: seat.member.order ?? 1, cost };
  });
  lines.sort((a, b) => a.place - b.place || a.order - b.order || compare(a.cost, b.cost));
  return lines.map(({ seat, obstacle }) => {
    const why = obstacle ? obstacle.reason : pool.seats.length > 1 ? strategy.why(seat, request) : 'the only deployment';
    const isPick = seat === pick && obstacle?.code !== 'not_configured'; // that one says so without a call
    const code = !obstacle || isPick ? undefined : isPassing(obstacle) ? 'rate_limited' : obstacle.code;
    return { id: seat.member.id, pick: isPick, why: isPick ? `${why}${asides[choice?.how ?? 'now']}` : why, code };
  });
}

const places: Readonly<Record<Obstacle['kind'], number>> = { cooling: 3, full: 3, unsuited: 4 };
const asides: Readonly<Record<Choice['how'], string>> = {
  now: '',
  queue: '; the request would wait',
  last_resort: '; asked all the same, as nobody else is left',
};

/** Infinity from Infinity is not a number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** None of them may be asked: who they are and why, as attempts that were skipped, and what that comes to. */
export interface PassedOver {
  readonly code: ModelErrorCode;
  readonly attempts: readonly Attempt[];
  /** Says how soon one of them may be asked. Made when somebody wants it: a chain passes a backend over with every request while it cools down. */
  readonly toError: () => ModelError;
}

export function passedOver(obstacles: readonly Obstacle[], name: string): PassedOver {
  const startedAt = Date.now();
  const attempts = obstacles.map((obstacle) => skipped(obstacle, name, startedAt));
  const code = codeOf(obstacles);
  const toError = (): ModelError =>
    Object.assign(
      withoutStack(() => refusal(code, obstacles, name)),
      { attempts },
    );
  return { code, attempts, toError };
}

export function isCooling({ kind }: Obstacle): boolean {
  return kind === 'cooling';
}

function skipped({ seat, code, reason }: Obstacle, name: string, startedAt: number): Attempt {
  const { id, model } = seat.member;
  return {
    id: newAttemptId(),
    name,
    model: model.id ?? name,
    deployment: id,
    startedAt,
    waitMs: 0,
    durationMs: 0,
    outcome: 'skipped',
    code,
    reason,
  };
}

/** A backend that is at its limit says so to every request, and to trace the stack takes longer than all the rest of that. */
function withoutStack<Made extends Error>(make: () => Made): Made {
  if (!Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')?.writable) return make(); // in a realm that was hardened
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 0;
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function codeOf(obstacles: readonly Obstacle[]): ModelErrorCode {
  if (obstacles.some(isPassing)) return 'rate_limited';
  return obstacles.some(({ code }) => code === 'context_too_long') ? 'context_too_long' : 'not_found';
}

function isPassing({ kind }: Obstacle): boolean {
  return kind !== 'unsuited';
}

function refusal(code: ModelErrorCode, obstacles: readonly Obstacle[], name: string): ModelError {
  const passing = obstacles.filter(isPassing);
  if (passing.length === 0) {
    const reason = `no deployment of "${name}" suits this request: ${obstacles.map((obstacle) => obstacle.reason).join('; ')}`;
    return new ModelError(code, { model: name, reason, unasked: true });
  }
  const retryAfterMs = Math.max(1, Math.ceil(Math.min(...passing.map(({ waitMs }) => waitMs))));
  const state = passing.every(isCooling)
    ? 'cooling down'
    : passing.every(({ kind }) => kind === 'full')
      ? 'at its limit'
      : 'cooling down or at its limit';
  const which = passing.length === obstacles.length ? '' : ' that suits this request';
  const reason = `every deployment of "${name}"${which} is ${state}; try again in ${duration(retryAfterMs)}`;
  return new ModelError(code, { model: name, status: 429, retryAfterMs, reason, unasked: true });
}
