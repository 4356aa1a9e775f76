/** The named models and their deployments, each with all that happens to a call of it, put together once. */
import type { Middleware, Model } from '@rolecall/core';
import { type AttemptListener, guarded } from './attempt-listener.ts';
import type { Backend } from './backend.ts';
import type { Link } from './chain.ts';
import { carry, compose } from './compose.ts';
import { unknownModel } from './names.ts';
import { countFromOne, objectAt } from './options-check.ts';
import { balance, type BalancedModel } from './policies/balance.ts';
import { cooldown, type CooldownOptions } from './policies/cooldown.ts';
import { hedge } from './policies/hedge.ts';
import { limit, type LimitOptions } from './policies/limit.ts';
import type { Member } from './policies/member.ts';
import { retry, type RetryOptions } from './policies/retry.ts';
import { RetryBudget } from './policies/retry-budget.ts';
import { timeout } from './policies/timeout.ts';
import { overlay } from './overlay.ts';
import { copied } from './plan.ts';
import type { NamedDeployment } from './read-models.ts';
import type { Blueprint } from './read-options.ts';
import { record } from './record.ts';
import { Vitals } from './vitals.ts';

/** One deployment as its router sees it. */
export interface Placed {
  /** The named model. */
  readonly name: string;
  readonly member: Member;
  /** As it was given, with what it says of itself. */
  readonly backend: Backend;
  /** One call to it on record, whatever its circuit and its limits say: for a probe. */
  readonly direct: Model;
  readonly vitals: Vitals;
}

export interface Links {
  /** By named model and its aliases, and by the id of each deployment that is one of several. */
  readonly byName: ReadonlyMap<string, Link>;
  readonly pools: ReadonlyMap<string, BalancedModel>;
  readonly placed: readonly Placed[];
}

/** Puts everything below a chain together. */
export function createLinks(blueprint: Blueprint): Links {
  const { strategy, matchAnyTag: matchAny, models } = blueprint;
  const makePlaced = placer(blueprint);
  const repeated = retrying(blueprint);
  const hedged: Middleware = blueprint.hedge ? hedge(blueprint.hedge) : compose();
  const placed = [...models].flatMap(([name, deployments]) =>
    deployments.map((one) => makePlaced(name, one, deployments.length)),
  );
  const membersOf = (name: string): readonly Member[] => placed.filter((one) => one.name === name).map(({ member }) => member);

  const pools = new Map([...models.keys()].map((name) => [name, balance(membersOf(name), { name, strategy, matchAny })]));
  const byName = new Map([...pools].map(([name, pool]) => [name, { name, model: asking(name, hedged(repeated(name)(pool))) }]));
  const alone = placed
    .filter(({ member }) => !pools.has(member.id))
    .map(({ name, member }): [string, Link] => {
      const model = asking(name, repeated(name)(balance([member], { name, matchAny })));
      return [member.id, { name: member.id, deployment: member.id, model }];
    });
  const links = new Map<string, Link>([...byName, ...alone]);
  for (const [alias, name] of blueprint.aliases) {
    const link = links.get(name);
    if (link) links.set(alias, link);
  }
  return { byName: links, pools, placed };
}

/** Whoever is asked hears by which name. The names of fallbacks are this router's: one that stands below has its own. */
function asking(name: string, model: Model): Model {
  return carry(model, (request) => {
    const asked = copied(request);
    asked.model = name;
    asked.fallbacks = undefined;
    return model(asked);
  });
}

/** The retries of each named model: all draw on one budget. */
function retrying({ retry: options = {}, models, remedies }: Blueprint): (name: string) => Middleware {
  if (options === false) return () => compose();
  const { perModel = {}, ...general } = options;
  const own = new Map(Object.entries(objectAt('retry', 'perModel', perModel)) as [string, RetryOptions | false | undefined][]);
  for (const name of own.keys()) {
    if (!models.has(name)) throw new TypeError(`createRouter: retry.perModel.${name}: ${unknownModel(name, models.keys())}`);
  }
  const budget = general.budget === false ? undefined : new RetryBudget(general.budget);
  const ownRetries = new Map(
    [...models.values()].flat().flatMap(({ id, retries: count }) => (count === undefined ? [] : [[id, count] as const])),
  );
  const retriesOf = ownRetries.size > 0 ? (id: string): number | undefined => ownRetries.get(id) : undefined;

  return (name) => {
    const changes = own.get(name);
    return changes === false ? compose() : retry(overlay<RetryOptions>(general, changes), { remedies, budget, retriesOf });
  };
}

/** Puts one deployment together: cooldown( limit( record( timeout( …wrap( adapter ))))). */
function placer(blueprint: Blueprint): (name: string, deployment: NamedDeployment, members: number) => Placed {
  const wrapped = compose(...blueprint.wrap);
  const listener = blueprint.onAttempt && guarded(blueprint.onAttempt);

  return (name, deployment, members) => {
    const { id, model: backend, cooldown: cooling = blueprint.cooldown, timeout: times = blueprint.timeout } = deployment;
    const vitals = new Vitals();
    const onAttempt: AttemptListener = (attempt, request) => {
      vitals.note(attempt);
      listener?.(attempt, request);
    };
    const inner = wrapped(backend);
    const timed = timeout(times)(inner === backend ? backend : carry(backend, (request) => inner(request)));
    const direct = record({ name, id: backend.id ?? name, deployment: id, onAttempt })(timed);
    const limited =
      blueprint.limit === false ? direct : limit(overlay<LimitOptions>(blueprint.limit ?? {}, limitsOf(deployment)))(direct);
    const model =
      cooling === false ? limited : cooldown(members > 1 ? cooling : sparing(cooling, name, blueprint), { members })(limited);
    return { name, member: { ...deployment, model }, backend, direct, vitals };
  };
}

/** A 401 or a 404 opens a circuit at once. With nobody else to ask, one that is to be repeated must get that far first. */
function sparing(cooling: CooldownOptions | undefined, name: string, { retry: repeating = {} }: Blueprint): CooldownOptions {
  const own = repeating && repeating.perModel?.[name];
  if (repeating === false || own === false || cooling?.allowedFails !== undefined) return cooling ?? {};
  const { auth, not_found } = own?.perCode ?? repeating.perCode ?? {};
  const allowed = Object.entries({ auth, not_found }).filter(([, count]) => countFromOne.holds(count));
  return allowed.length === 0
    ? (cooling ?? {})
    : { ...cooling, allowedFailsPerCode: { ...Object.fromEntries(allowed), ...cooling?.allowedFailsPerCode } };
}

/** A deployment whose cooldown has a fixed length is not held back by `Retry-After` for longer than that. */
function limitsOf({ rpm, tpm, maxConcurrent, cooldown: cooling }: NamedDeployment): LimitOptions {
  return { rpm, tpm, maxConcurrent, obeyProvider: cooling && cooling.cooldownMs !== undefined ? false : undefined };
}
