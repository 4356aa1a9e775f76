import type { ModelRequest, ModelResponse } from '@rolecall/core';
import type { Member } from '../member.ts';

export type StrategyName =
  | 'simple-shuffle'
  | 'least-busy'
  | 'latency-based-routing'
  | 'cost-based-routing'
  | 'usage-based-routing'
  | 'usage-based-routing-v2';

/** A member, and how many calls it is busy with. */
export interface Seat {
  readonly member: Member;
  inFlight: number;
}

/** How a call ended. */
export interface Outcome {
  readonly request: ModelRequest;
  readonly durationMs: number;
  readonly response?: ModelResponse | undefined;
  readonly error?: unknown;
}

/** Chooses between deployments that could all be asked. */
export interface Strategy {
  /** Whom to ask of these, of which there is at least one. */
  pick(among: readonly Seat[], request: ModelRequest): Seat;
  /** What the choice goes by, the lowest first. Changes nothing. */
  cost(seat: Seat, request: ModelRequest): number;
  /** The same in words: `3 calls under way`. */
  why(seat: Seat, request: ModelRequest): string;
  /** Its share of the affinity keys. @default 1 */
  weight?(seat: Seat): number;
  /** Whether it should be asked at all. @default true */
  hasRoom?(seat: Seat, request: ModelRequest): boolean;
  /** Hears how each call ended. */
  observe?(seat: Seat, outcome: Outcome): void;
}

/** Those for which this is least. */
export function lowest(among: readonly Seat[], cost: (seat: Seat) => number): readonly Seat[] {
  let least = Infinity;
  let seats: Seat[] = [];
  for (const seat of among) {
    const own = cost(seat);
    if (own < least || seats.length === 0) [least, seats] = [own, [seat]];
    else if (own === least) seats.push(seat);
  }
  return seats;
}

/** Any of them, all alike. */
export function anyOf(among: readonly Seat[]): Seat {
  return among[Math.floor(Math.random() * among.length)] ?? (among[0] as Seat);
}
