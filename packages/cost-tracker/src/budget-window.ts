/** How long a budget lasts before it begins anew. */
export type WindowKind = 'hour' | 'day' | 'month' | 'total';

/** From `start` up to, and without, `end`; in epoch milliseconds. */
export interface BudgetWindow {
  readonly start: number;
  readonly end: number;
}

const hourMs = 3_600_000;

/** Hours, days and months by the clock on a wall: a day of 23 or 25 hours is one day. */
export class Calendar {
  readonly #kind: WindowKind;
  readonly #format: Intl.DateTimeFormat;
  #current: BudgetWindow = { start: 0, end: 0 };

  /** @throws {RangeError} when the time zone is none. */
  constructor(kind: WindowKind, timeZone: string) {
    this.#kind = kind;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The window that an instant is in. Every instant is in exactly one. */
  at(instant: number): BudgetWindow {
    const { start, end } = this.#current;
    if (instant < start || instant >= end) this.#current = this.#find(instant);
    return this.#current;
  }

  #find(instant: number): BudgetWindow {
    if (this.#kind === 'total') return { start: -Infinity, end: Infinity };
    if (this.#kind === 'hour') return this.#hour(instant);

    const wall = new Date(this.#wall(instant));
    const [year, month] = [wall.getUTCFullYear(), wall.getUTCMonth()];
    const bound = (step: number): number =>
      this.#firstInstantOf(
        this.#kind === 'month' ? Date.UTC(year, month + step) : Date.UTC(year, month, wall.getUTCDate() + step),
      );
    const [start, end] = [bound(0), bound(1)];
    // Where clocks go back over midnight, a date comes twice: the day that has once begun goes on.
    if (instant >= end) return { start: end, end: bound(2) };
    return instant < start ? { start: bound(-1), end: start } : { start, end };
  }

  /** An hour that comes twice is two hours, and one that clocks cut short ends there. */
  #hour(instant: number): BudgetWindow {
    const offset = this.#offset(instant);
    const start = instant - modulo(this.#wall(instant), hourMs);
    const end = start + hourMs;
    const sameOffset = (at: number): boolean => this.#offset(at) === offset;
    return {
      start: sameOffset(start) ? start : firstInstant(start, instant, sameOffset),
      end: sameOffset(end - 1) ? end : firstInstant(instant, end, (at) => !sameOffset(at)),
    };
  }

  /** When the clock on the wall first shows a time, or one after it where that time is skipped. */
  #firstInstantOf(wall: number): number {
    return firstInstant(wall - 15 * hourMs, wall + 13 * hourMs, (at) => this.#wall(at) >= wall);
  }

  #offset(instant: number): number {
    return this.#wall(instant) - instant;
  }

  /** What the clock on the wall shows, as if it were UTC. */
  #wall(instant: number): number {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of this.#format.formatToParts(instant)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) + modulo(instant, 1_000);
  }
}

/** The first instant after `low`, and at most `high`, from which on it is true. */
function firstInstant(low: number, high: number, isTrue: (instant: number) => boolean): number {
  let [before, after] = [low, high];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isTrue(middle)) after = middle;
    else before = middle;
  }
  return after;
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
