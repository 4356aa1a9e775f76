import { anyOf, lowest, type Seat, type Strategy } from './strategy.ts';

/** Whoever has the fewest calls under way, those that wait for its limit included. */
export function leastBusy(): Strategy {
  return {
    pick: (among) => anyOf(lowest(among, callsOf)),
    cost: callsOf,
    why: ({ inFlight }) => `${inFlight} ${inFlight === 1 ? 'call' : 'calls'} under way`,
  };
}

function callsOf({ inFlight }: Seat): number {
  return inFlight;
}
