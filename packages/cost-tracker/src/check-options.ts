/** How a wrong value looks in an error: texts shortened, and of objects only the kind, since keys hide in them. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 39)}…` : value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/** Every value is a finite number of at least 0; an absent one is wrong too. */
export function checkNumbers(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) continue;
    throw new TypeError(`${name}: ${shown(value)} is not a number of at least 0`);
  }
}

export function checkWholeNumbers(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isSafeInteger(value) && (value as number) >= 1) continue;
    throw new TypeError(`${name}: ${shown(value)} is not a whole number of at least 1`);
  }
}

export function checkObject(options: unknown): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`options: ${shown(options)} is not an object`);
}

/** A misspelt option is an error, not a default. */
export function checkNames(options: unknown, names: readonly string[]): void {
  checkObject(options);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new TypeError(`${shown(unknown)}: no such option; there are ${names.join(', ')}`);
}
