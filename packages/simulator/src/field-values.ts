/** What a field was given, in words, and the refusal of what it cannot be. */

export function refused(field: string, value: unknown, valid: string): TypeError {
  return new TypeError(`${field} is ${shown(value)}: it must be ${valid}`);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}

/** @throws {TypeError} naming the first field that is given and is no text. */
export function checkTexts(fields: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(fields)) {
    if (value !== undefined && typeof value !== 'string') throw refused(field, value, 'a text');
  }
}

/** Timers overflow beyond this, and end at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Milliseconds that a timer can wait. */
export function isWait(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= longestTimerMs;
}
