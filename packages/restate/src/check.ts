/** Options that are not valid, in words. */

export function invalidOption(owner: string, field: string, value: unknown, valid: string): TypeError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : typeof value === 'number' ? String(value) : typeof value;
  return new TypeError(`${owner}: ${field} is ${shown}, and has to be ${valid}`);
}

/** @throws {TypeError} when the number is not above 0. */
export function requirePositive(owner: string, field: string, value: number, unit: string): void {
  if (!Number.isFinite(value) || value <= 0) throw invalidOption(owner, field, value, `a number of ${unit} above 0`);
}
