/** How the arguments of options are read. */
import { InvalidArgumentError, Option } from 'commander';

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `500ms`, `30s`, `2m`, `1h` as milliseconds; a number alone is seconds. */
export function duration(text: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(amount) * (unitsMs[unit] ?? 0);
  if (!(ms > 0)) throw new InvalidArgumentError('It is a duration such as 500ms, 30s or 2m.');
  return ms;
}

/** An option that is a duration. `--help` says its default as it would be written. */
export function durationOption(flags: string, description: string, defaultMs: number): Option {
  const [unit = 'ms', unitMs = 1] = Object.entries(unitsMs).findLast(([, one]) => defaultMs % one === 0) ?? [];
  return new Option(flags, description).argParser(duration).default(defaultMs, `${defaultMs / unitMs}${unit}`);
}

export function count(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is a whole number, 0 or more.');
  return Number(text);
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It is a whole number of at least 1.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It is a number above 0.');
  return value;
}

/** US dollars; 0 is an amount. */
export function usd(text: string): number {
  const value = Number(text.replace(/^\$/, ''));
  if (!/^\$?\d*\.?\d+$/.test(text)) throw new InvalidArgumentError('It is an amount in US dollars, such as 0.50.');
  return value;
}

/** `0.05` or `5%`. */
export function share(text: string): number {
  const [, amount, percent] = /^(\d*\.?\d+)(%)?$/.exec(text) ?? [];
  const value = Number(amount) / (percent ? 100 : 1);
  if (!(value >= 0)) throw new InvalidArgumentError('It is a part of one, such as 0.05 or 5%.');
  return value;
}

export function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535)
    throw new InvalidArgumentError('It is a port from 0 to 65535; 0 takes any that is free.');
  return value;
}

/** `a,b` or the option repeated. */
export function names(text: string, before: readonly string[] = []): readonly string[] {
  const found = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return [...before, ...found];
}
