/** How options are checked: a mistake is a `TypeError` that names the field, what is there and what is valid. */
import { redact } from './errors.ts';
import { hint } from './names.ts';

/** What a value must be. */
export interface Rule {
  readonly valid: string;
  holds(value: unknown): boolean;
}

export const atLeastZero: Rule = {
  valid: 'a finite number of at least 0',
  holds: (value) => Number.isFinite(value) && Number(value) >= 0,
};
export const countFromZero: Rule = {
  valid: 'a whole number of at least 0',
  holds: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
};
export const countFromOne: Rule = {
  valid: 'a whole number of at least 1',
  holds: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
};
export const positiveOrInfinity: Rule = {
  valid: 'a number above 0 (Infinity for no limit)',
  holds: (value) => typeof value === 'number' && value > 0,
};

export const share: Rule = {
  valid: 'a number from 0 to 1',
  holds: (value) => typeof value === 'number' && value >= 0 && value <= 1,
};

export const aFunction: Rule = { valid: 'a function', holds: (value) => typeof value === 'function' };

export const someHeaders: Rule = {
  valid: 'an object of strings that headers can have, without line breaks',
  holds: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((each) => typeof each === 'string') &&
    canBeHeaders(value as Readonly<Record<string, string>>),
};

/** What `fetch` throws of them repeats the value, which may be a key. */
export function canBeHeaders(headers: Readonly<Record<string, string>>): boolean {
  try {
    return Boolean(new Headers(headers));
  } catch {
    return false;
  }
}

/** `fetch` asks no URL with a user name or a password in it. */
export function hasPassword(url: string): boolean {
  return URL.canParse(url) && `${new URL(url).username}${new URL(url).password}` !== '';
}

/** Checks each option that is there, and that each is one there is. */
export function checkOptions(owner: string, options: unknown, rules: Readonly<Record<string, Rule>>): void {
  const known = objectAt(owner, 'the options', options);
  checkKeys(owner, known, Object.keys(rules));
  for (const [field, value] of Object.entries(known)) {
    const rule = rules[field];
    if (value !== undefined && rule && !rule.holds(value)) refuse(owner, field, value, rule.valid);
  }
}

export function checkKeys(owner: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new TypeError(`${owner} has no option "${unknown}"; it has: ${known.join(', ')}.${hint(unknown, known)}`);
}

export function objectAt(owner: string, field: string, value: unknown, valid = 'an object'): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuse(owner, field, value, valid);
}

export function refuse(owner: string, field: string, value: unknown, valid: string): never {
  throw new TypeError(`${owner}: ${field} is ${shown(value)}; it must be ${valid}.`);
}

/** Objects are not spelled out: one put in the wrong place may be a client with its key. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  return typeof value === 'string' ? redact(JSON.stringify(value)) : String(value);
}
