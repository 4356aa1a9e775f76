/** Bad input is refused where it is written: the error names the field, the value and what is valid. */

export function requireText(owner: string, field: string, value: unknown): void {
  if (typeof value !== 'string' || value.trim() === '') throw invalid(owner, field, value, 'a text that is not empty');
}

export function requireObject(owner: string, field: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalid(owner, field, value, 'an object');
}

type Class = abstract new (...args: never) => object;

/** `name` is the class's name, which minifying would take from the class itself. */
export function requireListOf(owner: string, field: string, value: unknown, kind: Class, name: string): void {
  if (!Array.isArray(value)) throw invalid(owner, field, value, `an array of ${name}s`);
  for (const [index, entry] of value.entries()) {
    if (!(entry instanceof kind)) throw invalid(owner, `${field}[${index}]`, entry, `one made with new ${name}()`);
  }
}

export function requireAtLeast(owner: string, field: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw invalid(owner, field, value, `a whole number, ${least} or more`);
}

export function requireListOfTexts(owner: string, field: string, value: unknown): void {
  if (!Array.isArray(value)) throw invalid(owner, field, value, 'an array of texts');
  for (const [index, entry] of value.entries()) requireText(owner, `${field}[${index}]`, entry);
}

export function invalid(owner: string, field: string, value: unknown, valid: string): TypeError {
  return new TypeError(`${owner}: ${field} is ${show(value)}, and has to be ${valid}`);
}

const longestShown = 40;

/** A value short enough for a message. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > longestShown ? `${value.slice(0, longestShown)}…` : value);
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'object' && value !== null) return `an object (${value.constructor?.name ?? 'no class'})`;
  if (typeof value === 'function') return 'a function';
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

/** Nothing is given, or a whole number above 0. */
export function requireCount(owner: string, field: string, value: unknown, unit = ''): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0)) return;
  throw invalid(owner, field, value, `a whole number${unit && ` of ${unit}`} above 0`);
}

/** Node's timers take no more: beyond this they fire at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** Nothing is given, or a time that a timer can wait. */
export function requireTimeout(owner: string, field: string, value: unknown): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= longestTimerMs))
    return;
  throw invalid(owner, field, value, `a whole number of milliseconds above 0, at most ${longestTimerMs}`);
}
