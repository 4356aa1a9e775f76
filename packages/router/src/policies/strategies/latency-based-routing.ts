import { ModelError } from '../../errors.ts';
import { isStream } from '../../tap.ts';
import { anyOf, lowest, type Outcome, type Seat, type Strategy } from './strategy.ts';

/** How quick a deployment has been, in one of the two ways of answering. */
interface Pace {
  /** A mean of its calls, in which the newest count most. `undefined` before the first. */
  ms: number | undefined;
  /** When it was last asked to any effect. */
  asOf: number;
}

const weightOfNewest = 0.3;
const halfLifeMs = 10_000;
const closeEnough = 1.2;
const checkEveryCalls = 20;
const staleAfterMs = 30_000;

/**
 * Whoever was quickest of late: to the first token of a stream, or for each token of a plain answer. What is old counts little, and
 * one request in twenty, at most, goes to whoever was not measured for half a minute: it may have become quick again.
 */
export function latencyBasedRouting(seats: readonly Seat[]): Strategy {
  const streamed = new Map<Seat, Pace>();
  const whole = new Map<Seat, Pace>();
  for (const paces of [streamed, whole]) for (const seat of seats) paces.set(seat, { ms: undefined, asOf: -Infinity });
  const paceOf = (seat: Seat, stream: boolean): Pace => (stream ? streamed : whole).get(seat) as Pace;
  let callsSinceCheck = 0;

  return {
    pick(among, request) {
      const stream = isStream(request);
      const due = ++callsSinceCheck >= checkEveryCalls;
      const unknown = among.filter((seat) => seat.inFlight === 0 && paceOf(seat, stream).asOf === -Infinity);
      if (unknown.length > 0) return anyOf(unknown);
      const stale = due ? stalest(among, (seat) => paceOf(seat, stream).asOf) : undefined;
      if (stale) callsSinceCheck = 0;
      return stale ?? quickest(among, (seat) => paceOf(seat, stream).ms ?? Infinity);
    },
    cost: (seat, request) => paceOf(seat, isStream(request)).ms ?? 0,
    why(seat, request) {
      const stream = isStream(request);
      const { ms } = paceOf(seat, stream);
      return ms === undefined ? 'not measured yet' : `${ms.toPrecision(3)} ms ${stream ? 'to the first token' : 'a token'}`;
    },
    observe: (seat, outcome) => learn(paceOf(seat, isStream(outcome.request)), outcome),
  };
}

/** Those about as quick as the quickest are all alike, but for what they are busy with: a sudden delay shows there first. */
function quickest(among: readonly Seat[], msOf: (seat: Seat) => number): Seat {
  const limit = Math.min(...among.map(msOf)) * closeEnough;
  const near = among.filter((seat) => msOf(seat) <= limit);
  return anyOf(lowest(near, ({ inFlight }) => inFlight));
}

function stalest(among: readonly Seat[], asOf: (seat: Seat) => number): Seat | undefined {
  const idle = among.filter(({ inFlight }) => inFlight === 0);
  const seat = lowest(idle, asOf)[0];
  return seat && performance.now() - asOf(seat) >= staleAfterMs ? seat : undefined;
}

function learn(pace: Pace, outcome: Outcome): void {
  const ms = paceIn(outcome);
  const now = performance.now();
  if (ms !== undefined && pace.ms === undefined) pace.ms = ms;
  else if (ms !== undefined && pace.ms !== undefined) {
    const forgotten = 1 - 2 ** (-(now - pace.asOf) / halfLifeMs);
    pace.ms += (ms - pace.ms) * Math.max(weightOfNewest, forgotten);
  }
  pace.asOf = now;
}

/** What a call shows of the pace. A time-out does, all of it for no token; another failure, however quick, does not. */
function paceIn({ request, response, error, durationMs }: Outcome): number | undefined {
  if (!response) return ModelError.isInstance(error) && error.code.endsWith('_timeout') ? durationMs : undefined;
  const attempt = response.attempts?.at(-1); // it has the waits taken out
  if (isStream(request)) return attempt?.firstTokenMs ?? durationMs;
  return (attempt?.durationMs ?? durationMs) / Math.max(1, response.usage.outputTokens ?? 1);
}
