import { Calendar } from '../budget-window.ts';
import { latestInstant } from '../format.ts';
import type { Spent } from '../spend-history.ts';

/** What was spent from `start` up to `end`, in epoch milliseconds. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly picodollars: bigint;
  /** The part that a simulator answered. */
  readonly simulatedPicodollars: bigint;
  readonly requests: number;
  readonly unpriced: number;
}

export interface Timeline {
  readonly stretches: readonly Stretch[];
  /** How long one is. */
  readonly unit: string;
  /** So long that a label needs no time of day. */
  readonly days: boolean;
}

/** By request, or by the quarter of an hour. */
export interface Spending {
  readonly spent: readonly Spent[];
  readonly summed: boolean;
}

interface Unit {
  readonly name: string;
  readonly ms: number;
  readonly calendar?: 'day' | 'month';
}

const mostStretches = 60;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const monthMs = 31 * 24 * hourMs;
const units: readonly Unit[] = [
  { name: 'second', ms: 1_000 },
  { name: '10 seconds', ms: 10_000 },
  { name: 'minute', ms: minuteMs },
  { name: '10 minutes', ms: 10 * minuteMs },
  { name: 'hour', ms: hourMs },
  { name: 'day', ms: 24 * hourMs, calendar: 'day' },
  { name: 'month', ms: 30 * 24 * hourMs, calendar: 'month' },
];

/** Requests by time, in equal stretches without a gap: the finest of which there are few enough to draw. */
export function timelineOf({ spent: all, summed }: Spending, timeZone: string): Timeline {
  const spent = all.filter(({ at }) => at < latestInstant - monthMs); // the end of its month must be a time, too
  const first = spent.reduce((least, { at }) => Math.min(least, at), Infinity);
  const last = spent.reduce((most, { at }) => Math.max(most, at), -Infinity);
  const fits = ({ ms }: Unit): boolean => (last - first) / ms < mostStretches - 1 && (!summed || ms >= hourMs);
  const unit = units.find(fits) ?? units.at(-1)!;
  if (spent.length === 0) return { stretches: [], unit: unit.name, days: false };

  const bounds = boundsOf(first, last, unit, timeZone);
  const stretches = bounds.map((bound) => ({ ...bound, picodollars: 0n, simulatedPicodollars: 0n, requests: 0, unpriced: 0 }));
  for (const { at, costPicodollars, simulatedPicodollars, requests, unpricedRequests } of spent) {
    const stretch = stretches[indexOf(at, bounds)]!;
    stretch.picodollars += costPicodollars ?? 0n;
    stretch.simulatedPicodollars += simulatedPicodollars;
    stretch.requests += requests;
    stretch.unpriced += unpricedRequests;
  }
  return { stretches, unit: unit.name, days: unit.calendar !== undefined };
}

interface Bounds {
  readonly start: number;
  readonly end: number;
}

function boundsOf(first: number, last: number, { ms, calendar }: Unit, timeZone: string): Bounds[] {
  const days = calendar && new Calendar(calendar, timeZone);
  const at = (instant: number): Bounds =>
    days?.at(instant) ?? { start: Math.floor(instant / ms) * ms, end: Math.floor(instant / ms) * ms + ms };
  const bounds = [at(first)];
  // Longer than that is only what comes of a wrong clock; the latest is what matters.
  for (let next = bounds[0]!; next.end <= last && bounds.length < 10 * mostStretches; bounds.push(next)) next = at(next.end);
  return bounds;
}

/** By bisection: a month has thousands of rows for each stretch. */
function indexOf(instant: number, bounds: readonly Bounds[]): number {
  let [low, high] = [0, bounds.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (bounds[middle]!.start <= instant) low = middle;
    else high = middle - 1;
  }
  return low;
}
