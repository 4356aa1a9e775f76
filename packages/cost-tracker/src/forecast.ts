import { Calendar, type BudgetWindow } from './budget-window.ts';
import { checkNames, checkNumbers, shown } from './check-options.ts';
import { formatTime, formatUsd, plural } from './format.ts';
import { divideHalfEven, picodollarsOf } from './money.ts';
import { usdOrNull } from './tally.ts';

/** What was spent, and when: a row of a ledger will do. */
export interface Spending {
  /** In epoch milliseconds. */
  readonly at: number;
  /** Until when, of a sum. @default at */
  readonly until?: number | undefined;
  readonly costPicodollars: bigint | null;
  /** Calls without a price in it. @default 1 where there is no cost, else 0 */
  readonly unpricedRequests?: number | undefined;
}

export interface ForecastOptions {
  /** Until the end of what. @default 'month' */
  readonly period?: 'hour' | 'day' | 'month' | undefined;
  /** In which the period begins and ends. @default 'UTC' */
  readonly timeZone?: string | undefined;
  /** The run rate is that of the last so many hours, which may reach back before the period. @default since the period began */
  readonly rateHours?: number | undefined;
  /** A limit for the period: the forecast says when it will be reached. @default none */
  readonly capUsd?: number | undefined;
  /** In epoch milliseconds. @default the present */
  readonly now?: number | undefined;
}

export interface Forecast {
  /** In epoch milliseconds; `end` is the first instant after it. */
  readonly period: { readonly start: number; readonly end: number };
  readonly timeZone: string;
  /** Since the period began; `null` when there are calls and none has a price. */
  readonly spentUsd: number | null;
  /** The run rate; `null` while there is no time to take it from. */
  readonly usdPerDay: number | null;
  /** At that rate, when the period ends. */
  readonly projectedUsd: number | null;
  /** Calls in the period without a price, which is in none of these amounts. */
  readonly unpriced: number;
  readonly capUsd: number | null;
  /** When the cap is reached, in epoch milliseconds: now if it has been, `null` if not in this period. */
  readonly capReachedAt: number | null;
  /** The forecast in sentences. */
  toString(): string;
}

const names = ['period', 'timeZone', 'rateHours', 'capUsd', 'now'] as const;
const hourMs = 3_600_000;

/**
 * What a period will have cost when it ends, at the present rate.
 *
 * @example
 * const { projectedUsd, capReachedAt } = forecast(tracker.rows(), { period: 'month', timeZone: 'Europe/Berlin', capUsd: 100 });
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export function forecast(spending: readonly Spending[], options: ForecastOptions = {}): Forecast {
  const { period, timeZone, rateHours, capUsd, now } = read(options);
  const { start, end } = period;
  const past = spending.filter(({ at }) => at <= now);
  const spent = sum(past, start);

  // A ledger that began later than the period knows nothing of the time before.
  const first = past.reduce((earliest, { at }) => Math.min(earliest, at), now);
  const since = rateHours === undefined ? Math.max(start, first) : Math.max(wholeSince(past, now - rateHours * hourMs), first);
  const elapsedMs = Math.round(now - since);
  const recent = rateHours === undefined ? spent.picodollars : sum(past, since).picodollars;
  const after = (ms: number): bigint | null =>
    elapsedMs === 0 || spent.picodollars === null || recent === null
      ? null
      : divideHalfEven(recent * BigInt(Math.round(ms)), BigInt(elapsedMs));
  const rest = after(end - now);

  const result: Forecast = {
    period,
    timeZone,
    spentUsd: usdOrNull(spent.picodollars),
    usdPerDay: usdOrNull(after(24 * hourMs)),
    projectedUsd: usdOrNull(rest === null || spent.picodollars === null ? null : spent.picodollars + rest),
    unpriced: spent.unpriced,
    capUsd: capUsd ?? null,
    capReachedAt: capUsd === undefined ? null : reached(picodollarsOf(capUsd), spent.picodollars, after(hourMs), now, end),
  };
  return Object.defineProperty(result, 'toString', { value: () => sentences(result) });
}

/** Nobody can take a sum apart: where one has begun before that time and goes on after it, the rate is taken from its beginning. */
function wholeSince(spending: readonly Spending[], since: number): number {
  return spending.reduce(
    (earliest, { at, until = at }) => (at < since && until >= since ? Math.min(earliest, at) : earliest),
    since,
  );
}

interface Sum {
  readonly picodollars: bigint | null;
  readonly unpriced: number;
}

function sum(spending: readonly Spending[], since: number): Sum {
  let picodollars = 0n;
  let unpriced = 0;
  const within = spending.filter(({ at }) => at >= since);
  for (const spent of within) {
    picodollars += spent.costPicodollars ?? 0n;
    unpriced += spent.unpricedRequests ?? (spent.costPicodollars === null ? 1 : 0);
  }
  const known = within.length === 0 || within.some(({ costPicodollars }) => costPicodollars !== null);
  return { picodollars: known ? picodollars : null, unpriced };
}

function reached(cap: bigint, spent: bigint | null, perHour: bigint | null, now: number, end: number): number | null {
  if (spent === null) return null;
  if (spent >= cap) return now;
  if (perHour === null || perHour === 0n) return null;
  const at = now + Number(((cap - spent) * BigInt(hourMs)) / perHour);
  return at < end ? at : null;
}

interface Question {
  readonly period: BudgetWindow;
  readonly timeZone: string;
  readonly rateHours: number | undefined;
  readonly capUsd: number | undefined;
  readonly now: number;
}

function read(options: ForecastOptions): Question {
  checkNames(options, names);
  const { period = 'month', timeZone = 'UTC', rateHours, capUsd, now = Date.now() } = options;
  if (!['hour', 'day', 'month'].includes(period)) throw new TypeError(`period: ${shown(period)} is none of hour, day, month`);
  checkNumbers({ capUsd: capUsd ?? 0, now });
  if (rateHours !== undefined && !(Number.isFinite(rateHours) && rateHours > 0)) {
    throw new TypeError(`rateHours: ${shown(rateHours)} is not a number above 0`);
  }
  try {
    return { period: new Calendar(period, timeZone).at(now), timeZone, rateHours, capUsd, now };
  } catch (cause) {
    throw new TypeError(`timeZone: ${shown(timeZone)} is no time zone, such as 'Europe/Berlin'`, { cause });
  }
}

function sentences({ period, timeZone, spentUsd, usdPerDay, projectedUsd, capUsd, capReachedAt, unpriced }: Forecast): string {
  const until = `${formatTime(period.end, timeZone)} (${timeZone})`;
  const spent = spentUsd === null ? 'What was spent is not known.' : `${formatUsd(spentUsd)} USD spent.`;
  const rate =
    usdPerDay === null
      ? 'There is no rate to go by yet.'
      : `At ${formatUsd(usdPerDay)} USD a day it will be ${formatUsd(projectedUsd)} USD by ${until}.`;
  const cap =
    capUsd === null || usdPerDay === null
      ? ''
      : capReachedAt === null
        ? ` The cap of ${formatUsd(capUsd)} USD is not reached.`
        : ` The cap of ${formatUsd(capUsd)} USD is reached at ${formatTime(capReachedAt, timeZone)}.`;
  const unknown = unpriced > 0 ? ` Not in these amounts: ${plural(unpriced, 'request', 'requests')} without a price.` : '';
  return `${spent} ${rate}${cap}${unknown}`;
}
