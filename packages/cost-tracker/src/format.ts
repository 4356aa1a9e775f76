import { fixedUsd, picodollarsOf, usdText } from './money.ts';

/** How figures look in print. Nothing here is used in a calculation. */

const fewestDecimals = 2;
const mostDecimals = 6;

/** What is not known, or would mean nothing. */
export const unknownSign = '–';

export function formatCount(count: number): string {
  return grouped(String(Math.round(count)));
}

/** Not `Intl`: its first formatter costs a process 14 ms, as much as the rest of this package's import. */
function grouped(digits: string): string {
  return digits.replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** From ten millions up, four digits say as much as a reader takes in. */
export function formatTokens(count: number): string {
  return count < 10_000_000 ? formatCount(count) : inShort(count);
}

function inShort(count: number): string {
  return new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 4 }).format(count);
}

export function formatMs(milliseconds: number | null): string {
  if (milliseconds === null) return unknownSign;
  return milliseconds < 10 ? milliseconds.toFixed(1) : formatCount(milliseconds);
}

/** One of these is enough, and `many` is said of everything else. */
export function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** From one dollar up, cents; below it, as many decimals as show the amount, up to six. */
export function decimalsFor(usd: number | null): number {
  if (usd === null || Math.abs(usd) >= 1) return fewestDecimals;
  const [, fraction = ''] = usdText(picodollarsOf(usd)).split('.');
  return Math.min(mostDecimals, Math.max(fewestDecimals, fraction.length));
}

/** For a column of amounts: as many decimals as show four figures of the largest, if so many are needed. */
export function columnDecimals(amounts: readonly (number | null)[]): number {
  const largest = Math.max(0, ...amounts.map((usd) => Math.abs(usd ?? 0)));
  const needed = Math.max(fewestDecimals, ...amounts.map((usd) => decimalsFor(usd)));
  return largest === 0 ? fewestDecimals : Math.min(needed, Math.max(fewestDecimals, figuresBehindPoint(largest)));
}

/** Four figures that count: enough for a headline. */
export function roundUsd(usd: number | null): string {
  if (usd === null || usd === 0 || Math.abs(usd) >= 1) return formatUsd(usd);
  return formatUsd(usd, Math.min(decimalsFor(usd), figuresBehindPoint(usd)));
}

/** Where the fourth figure of an amount stands behind the decimal point. */
function figuresBehindPoint(usd: number): number {
  return 3 - Math.floor(Math.log10(Math.abs(usd)));
}

/** An amount that is too small to show is not shown as nothing. */
export function formatUsd(usd: number | null, decimals: number = decimalsFor(usd)): string {
  if (usd === null) return unknownSign;
  const text = fixedUsd(picodollarsOf(usd), decimals);
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const zero = /^0+$/.test(whole + fraction);
  if (zero && usd !== 0) return `${usd < 0 ? '>-' : '<'}0.${'1'.padStart(decimals, '0')}`;
  return `${usd < 0 ? '-' : ''}${grouped(whole)}.${fraction}`;
}

export function formatShare(share: number | null): string {
  if (share === null) return unknownSign;
  if (share > 0 && share < 0.0005) return '<0.1 %';
  return `${Number.isInteger(share * 100) ? share * 100 : (share * 100).toFixed(1)} %`;
}

/** A saving is signed, and shown as exactly as four decimals can. */
export function formatSaving(share: number | null): string {
  return share === null ? unknownSign : `${Number((share * 100).toFixed(4))} %`;
}

/** Minutes, in ISO order, by the clock of that time zone. */
export function formatTime(instant: number, timeZone: string): string {
  if (instant > latestInstant) return unknownSign;
  // Sweden writes its dates as ISO does.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return format.format(instant);
}

/** No calendar goes further: what is later comes of a broken clock. */
export const latestInstant = 8.64e15;

/** Names come from outside: what would move the cursor or turn the text round is made visible. */
export function formatName(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '\u{FFFD}');
}
