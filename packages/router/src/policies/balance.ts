import type { Model, ModelRequest, ModelResponse } from '@rolecall/core';
import { atLeastZero, checkOptions, countFromOne, objectAt, refuse, type Rule } from '../options-check.ts';
import type { PlannedRequest } from '../plan.ts';
import { limit } from './limit.ts';
import type { Member } from './member.ts';
import { isCooling, type PassedOver, passedOver, rank, type Ranked } from './pool-report.ts';
import { hasOthers, Pool } from './pool.ts';
import { costBasedRouting } from './strategies/cost-based-routing.ts';
import { latencyBasedRouting } from './strategies/latency-based-routing.ts';
import { leastBusy } from './strategies/least-busy.ts';
import { simpleShuffle } from './strategies/simple-shuffle.ts';
import type { Seat, Strategy, StrategyName } from './strategies/strategy.ts';
import { usageBasedRouting } from './strategies/usage-based-routing.ts';

export interface BalanceOptions {
  /** How one of several good deployments is chosen. @default 'simple-shuffle' */
  readonly strategy?: StrategyName | undefined;
  /** The named model they stand for, for messages. @default the one a request names */
  readonly name?: string | undefined;
  /** One of a request's tags is enough; `false`: a deployment must bear all of them. @default true */
  readonly matchAny?: boolean | undefined;
}

/** One model made of several deployments. */
export interface BalancedModel extends Model {
  readonly members: readonly Member[];
  /** What would become of this request, best first. Asks nobody, changes nothing. */
  rank(request: ModelRequest): readonly Ranked[];
  /** A deployment that this request has not asked could be asked at once: a retry need not wait. */
  hasPeer(request: ModelRequest): boolean;
  /** Known without asking: none of them may be asked now, one because it is cooling down, and the chain has others. */
  passOver(request: ModelRequest): PassedOver | undefined;
}

const strategies: Readonly<Record<StrategyName, (seats: readonly Seat[]) => Strategy>> = {
  'simple-shuffle': simpleShuffle,
  'least-busy': leastBusy,
  'latency-based-routing': latencyBasedRouting,
  'cost-based-routing': costBasedRouting,
  'usage-based-routing': usageBasedRouting,
  'usage-based-routing-v2': usageBasedRouting,
};

/**
 * Makes one model of several deployments that are as good as each other, and asks one of those that may be asked now.
 *
 * @example
 * const guarded = compose(cooldown({}, { members: 2 }), limit({ rpm: 600 }));
 * const model = balance([
 *   { id: 'eu', model: guarded(openai('gpt-4o', { baseURL: 'https://eu.example.com/v1' })), weight: 9 },
 *   { id: 'us', model: guarded(openai('gpt-4o', { baseURL: 'https://us.example.com/v1' })), weight: 1 },
 * ]);
 *
 * @throws {TypeError} when an option or a member is not valid.
 * @throws {ModelError} (the model it returns) `rate_limited`, with the time to wait, when none of them may be asked now.
 */
export function balance(members: readonly Member[], options: BalanceOptions = {}): BalancedModel {
  const { strategy: named = 'simple-shuffle', name, matchAny = true } = checked(members, options);
  const byUsage = named.startsWith('usage-based');
  const seats = members.map((member) => ({ member: byUsage ? counted(member) : { ...member }, inFlight: 0 }));
  const strategy = strategies[named](seats);
  const pool = new Pool(seats, strategy, matchAny);

  const nameFor = (request: ModelRequest): string => name ?? request.model ?? 'the model';

  const model: Model = async (request: PlannedRequest) => {
    const choice = pool.choice(request);
    if (!choice) throw passedOver(pool.obstacles(request), nameFor(request)).toError();
    const seat = pool.pick(choice, request);
    const { plan } = request;
    if (plan && seats.length > 1) (plan.tried ??= new Set()).add(seat.member.id);
    const asked: PlannedRequest = choice.how === 'last_resort' ? { ...request, lastResort: true } : request;
    return await call(seat, asked, strategy);
  };

  return Object.assign(model, alike(seats), {
    members: seats.map(({ member }) => member),
    rank: (request: ModelRequest) => rank(pool, strategy, request),
    hasPeer: (request: ModelRequest) => pool.hasPeer(request),
    passOver(request: ModelRequest) {
      if (!pool.isCooling()) return undefined;
      const obstacles = pool.obstacles(request);
      const isPassedOver = (hasOthers(request) && obstacles.every(isCooling)) || !pool.choice(request);
      return isPassedOver ? passedOver(obstacles, nameFor(request)) : undefined;
    },
  });
}

async function call(seat: Seat, request: ModelRequest, strategy: Strategy): Promise<ModelResponse> {
  const start = performance.now();
  seat.inFlight += 1;
  try {
    const response = await seat.member.model(request);
    strategy.observe?.(seat, { request, response, durationMs: performance.now() - start });
    return response;
  } catch (error) {
    strategy.observe?.(seat, { request, error, durationMs: performance.now() - start });
    throw error;
  } finally {
    seat.inFlight -= 1;
  }
}

/** What all of them say of themselves alike: their id, that they take a prefill. */
function alike(seats: readonly Seat[]): Partial<Model> {
  const [first, ...others] = seats.map(({ member }) => Object.entries(member.model));
  return Object.fromEntries(
    (first ?? []).filter(([key, value]) => others.every((other) => other.some(([k, v]) => k === key && v === value))),
  );
}

/** Usage has to be counted somewhere: where no `limit` does it, here. */
function counted(member: Member): Member {
  const { model, rpm, tpm } = member;
  return model.load ? { ...member } : { ...member, model: limit({ rpm, tpm })(model) };
}

/** One of the strategies there are. */
export const aStrategy: Rule = {
  valid: `one of ${Object.keys(strategies).join(', ')}`,
  holds: (value) => Object.hasOwn(strategies, String(value)),
};
const rules = {
  strategy: aStrategy,
  name: { valid: 'a string', holds: isString },
  matchAny: { valid: 'true or false', holds: (value: unknown) => typeof value === 'boolean' },
};
const memberRules: Readonly<Record<string, Rule>> = {
  model: { valid: 'a model: a function such as openai(…) returns', holds: (value) => typeof value === 'function' },
  id: { valid: 'a string that is not empty', holds: (value) => isString(value) && value !== '' },
  weight: atLeastZero,
  rpm: countFromOne,
  tpm: countFromOne,
  order: { valid: 'a finite number', holds: Number.isFinite },
  tags: { valid: 'a list of strings', holds: (value) => Array.isArray(value) && value.every(isString) },
  maxInputTokens: countFromOne,
  inputUsdPerMillion: atLeastZero,
  outputUsdPerMillion: atLeastZero,
};

function checked(members: readonly Member[], options: BalanceOptions): BalanceOptions {
  checkOptions('balance', options, rules);
  if (!Array.isArray(members) || members.length === 0) refuse('balance', 'members', members, 'a list of at least one deployment');
  const ids = new Set<string>();
  for (const [index, member] of members.entries()) {
    const at = `members[${index}]`;
    const known = objectAt('balance', at, member);
    for (const [field, rule] of Object.entries(memberRules)) {
      const isNeeded = field === 'model' || field === 'id';
      if ((isNeeded || known[field] !== undefined) && !rule.holds(known[field]))
        refuse('balance', `${at}.${field}`, known[field], rule.valid);
    }
    if (ids.has(member.id)) refuse('balance', `${at}.id`, member.id, 'one that no other member has');
    ids.add(member.id);
  }
  return options;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
