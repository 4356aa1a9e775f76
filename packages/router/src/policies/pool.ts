import type { ModelRequest } from '@rolecall/core';
import type { Backend } from '../backend.ts';
import { duration, type ModelErrorCode } from '../errors.ts';
import type { PlannedRequest } from '../plan.ts';
import type { CircuitFault } from './circuit.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { isOwnTag } from './own-tags.ts';
import { rendezvousScore } from './rendezvous.ts';
import { lowest, type Seat, type Strategy } from './strategies/strategy.ts';

/** Who may be asked, and how: at once, after a wait in its queue, or although its circuit is open. */
export interface Choice {
  readonly among: readonly Seat[];
  readonly how: 'now' | 'queue' | 'last_resort';
}

/** Why a deployment is not asked. */
export interface Obstacle {
  readonly seat: Seat;
  readonly kind: 'unsuited' | 'cooling' | 'full';
  readonly code: ModelErrorCode;
  readonly reason: string;
  /** When it may be over; `Infinity` for what no wait will change. */
  readonly waitMs: number;
}

/** Knows who of several may be asked. Asking it changes nobody's state. */
export class Pool {
  readonly seats: readonly Seat[];
  readonly #strategy: Strategy;
  readonly #matchAny: boolean;
  readonly #hasTags: boolean;
  readonly #hasSizes: boolean;
  /** Why each was last left alone. */
  readonly #told = new Map<Seat, { readonly fault: CircuitFault | undefined; readonly obstacle: Obstacle }>();

  constructor(seats: readonly Seat[], strategy: Strategy, matchAny: boolean) {
    this.seats = seats;
    this.#strategy = strategy;
    this.#matchAny = matchAny;
    this.#hasTags = seats.some(({ member }) => (member.tags?.length ?? 0) > 0);
    this.#hasSizes = seats.some(({ member }) => member.maxInputTokens !== undefined);
  }

  choice(request: PlannedRequest): Choice | undefined {
    const fitting = this.fitting(request);
    const [only] = fitting;
    if (only && fitting.length === 1 && this.#isReady(only, request)) return { among: fitting, how: 'now' }; // nothing to prefer
    const ready = fitting.filter((seat) => this.#isReady(seat, request));
    if (ready.length > 0) return { among: preferred(ready, request), how: 'now' };

    const waiting = fitting.filter((seat) => isClosed(seat) && this.#takes(seat, request));
    if (waiting.length > 0)
      return { among: lowest(waiting, ({ member }) => member.model.load?.availableInMs(request) ?? 0), how: 'queue' };

    if (hasOthers(request)) return undefined; // the next link is the better bet
    const failing = fitting.filter((seat) => !seat.member.model.circuit?.lasting && this.#takes(seat, request));
    return failing.length > 0 ? { among: preferred(failing, request), how: 'last_resort' } : undefined;
  }

  /** One of them at least is left alone after failures. */
  isCooling(): boolean {
    for (const seat of this.seats) if (!isClosed(seat)) return true;
    return false;
  }

  /** The one to ask of several, by affinity if the request has one. */
  pick({ among }: Choice, request: ModelRequest): Seat {
    const [only] = among;
    if (among.length === 1 && only) return only;
    return request.affinity === undefined ? this.#strategy.pick(among, request) : this.#byAffinity(among, request.affinity);
  }

  /** The one that `pick` would most likely take. */
  likeliest({ among }: Choice, request: ModelRequest): Seat {
    if (request.affinity !== undefined) return this.#byAffinity(among, request.affinity);
    return lowest(among, (seat) => this.#strategy.cost(seat, request))[0] as Seat;
  }

  /** Someone who could be asked at once and was not yet asked by this request. Nothing is known of a request without a plan. */
  hasPeer(request: PlannedRequest): boolean {
    if (!request.plan && !request.avoid) return false;
    return this.fitting(request).some((seat) => !wasTried(seat, request) && this.#isReady(seat, request));
  }

  /** Those that suit the request by what was configured. Who lacks its key comes into question only when all do. */
  fitting(request: ModelRequest): readonly Seat[] {
    let seats = this.#hasTags ? this.#byTags(request) : this.seats;
    if (this.#hasSizes) {
      const tokens = estimateTokens(request);
      seats = seats.filter(({ member }) => tokens <= (member.maxInputTokens ?? Infinity));
    }
    const configured = seats.filter((seat) => whyNotConfigured(seat) === undefined);
    return configured.length > 0 ? configured : seats;
  }

  /** Why each was not asked, in their order: one may have become free since that was found. */
  obstacles(request: ModelRequest): readonly Obstacle[] {
    return this.seats.map((seat) => this.obstacle(seat, request) ?? free(seat));
  }

  /** What keeps this one from being asked at once. */
  obstacle(seat: Seat, request: ModelRequest): Obstacle | undefined {
    const unsuited = this.#unsuited(seat, request);
    if (unsuited) return { seat, kind: 'unsuited', waitMs: Infinity, ...unsuited };
    const cooling = this.#cooling(seat);
    if (cooling) return cooling;
    if (this.#isReady(seat, request)) return undefined;
    const { id, model } = seat.member;
    const waitMs = model.load?.availableInMs(request) ?? 0;
    return { seat, kind: 'full', code: 'rate_limited', reason: `${id} is at its limit for ${duration(waitMs)}`, waitMs };
  }

  /** Every request that passes it over is told the same, until a tenth of a second has gone or it has failed again. */
  #cooling(seat: Seat): Obstacle | undefined {
    const { id, model } = seat.member;
    const waitMs = Math.ceil((model.circuit?.availableInMs() ?? 0) / 100) * 100;
    if (waitMs === 0) return undefined;
    const fault = model.circuit?.lastError;
    const told = this.#told.get(seat);
    if (told?.fault === fault && told?.obstacle.waitMs === waitMs) return told.obstacle;
    const { code = 'rate_limited', reason } = fault ?? {};
    const last = `${code}${reason === undefined ? '' : ` (${reason})`}`;
    const words = `${id} is cooling down for ${duration(waitMs)} after ${last}`;
    const obstacle: Obstacle = { seat, kind: 'cooling', code, reason: words, waitMs };
    this.#told.set(seat, { fault, obstacle });
    return obstacle;
  }

  /** What speaks against it by what was configured. */
  #unsuited(seat: Seat, request: ModelRequest): Pick<Obstacle, 'code' | 'reason'> | undefined {
    const { id, maxInputTokens = Infinity } = seat.member;
    if (this.#hasTags && !this.#byTags(request).includes(seat)) {
      return { code: 'not_found', reason: `${id} is not for requests with these tags` };
    }
    const tokens = this.#hasSizes ? estimateTokens(request) : 0;
    if (tokens > maxInputTokens)
      return { code: 'context_too_long', reason: `about ${tokens} tokens, and ${id} takes ${maxInputTokens}` };
    const missing = whyNotConfigured(seat);
    return missing === undefined ? undefined : { code: 'not_configured', reason: missing };
  }

  #isReady(seat: Seat, request: ModelRequest): boolean {
    const { load } = seat.member.model;
    return isClosed(seat) && (load === undefined || load.availableInMs(request) === 0) && this.#hasRoom(seat, request);
  }

  #takes(seat: Seat, request: ModelRequest): boolean {
    return this.#hasRoom(seat, request) && (seat.member.model.load?.accepts(request) ?? true);
  }

  #hasRoom(seat: Seat, request: ModelRequest): boolean {
    return this.#strategy.hasRoom?.(seat, request) ?? true;
  }

  /** Tags that none of them bears lead to the default ones, and to nobody where there is no default: never to what others paid for. */
  #byTags({ labels }: ModelRequest): readonly Seat[] {
    const tags = labels?.tags?.filter((tag) => !isOwnTag(tag)) ?? [];
    const tagged = this.seats.filter((seat) => {
      if (tags.length === 0) return false;
      return this.#matchAny ? tags.some((tag) => bears(seat, tag)) : tags.every((tag) => bears(seat, tag));
    });
    if (tagged.length > 0) return tagged;
    const defaults = this.seats.filter((seat) => bears(seat, 'default'));
    return defaults.length > 0 || tags.length > 0 ? defaults : this.seats;
  }

  #byAffinity(among: readonly Seat[], key: string): Seat {
    const score = (seat: Seat): number => rendezvousScore(key, seat.member.id, this.#strategy.weight?.(seat) ?? 1);
    return lowest(among, (seat) => -score(seat))[0] as Seat;
  }
}

function bears({ member }: Seat, tag: string): boolean {
  return member.tags?.includes(tag) ?? false;
}

/** The chain goes on behind this pool. */
export function hasOthers({ plan }: PlannedRequest): boolean {
  return (plan?.linksLeft ?? 0) > 0;
}

function isClosed({ member }: Seat): boolean {
  return (member.model.circuit?.availableInMs() ?? 0) === 0;
}

function free(seat: Seat): Obstacle {
  return { seat, kind: 'full', code: 'rate_limited', reason: `${seat.member.id} is free again`, waitMs: 0 };
}

function whyNotConfigured({ member }: Seat): string | undefined {
  return (member.model as Backend).notConfigured?.();
}

function wasTried({ member: { id } }: Seat, { plan, avoid }: PlannedRequest): boolean {
  return (plan?.tried?.has(id) ?? false) || (avoid?.has(id) ?? false);
}

/** Whom this request has not asked yet, or who did at least not time out on it; of those the lowest order. */
function preferred(seats: readonly Seat[], request: PlannedRequest): readonly Seat[] {
  const fresh = seats.filter((seat) => !wasTried(seat, request));
  const inTime = fresh.length > 0 ? fresh : seats.filter(({ member }) => !request.plan?.asked.has(member.id));
  return lowest(inTime.length > 0 ? inTime : seats, ({ member }) => member.order ?? 1);
}
