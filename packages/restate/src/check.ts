/** Options that are not valid, in words. */

export function invalidOption(owner: string, field: string, value: unknown, valid: string): TypeError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : typeof value === 'number' ? String(value) : typeof value;
  return new TypeError(`${owner}: ${field} is ${shown}, and has to be ${valid}`);
}

/** Timers overflow beyond this, and fire at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** @throws {TypeError} when the number is not above 0. */
export function requirePositive(owner: string, field: string, value: number, unit: string): void {
  if (!Number.isFinite(value) || value <= 0) throw invalidOption(owner, field, value, `a number of ${unit} above 0`);
}

/** The names there are: the compiler asks for each of them, and for no other. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/** @throws {TypeError} when an option does not exist: one without effect would be a slip that nobody sees. */
export function requireOptions<Options extends object>(
  owner: string,
  options: Options,
  names: OptionNames<NoInfer<Options>>,
): void {
  if (typeof options !== 'object' || options === null) throw invalidOption(owner, 'options', options, 'an object');
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(names, name));
  if (unknown === undefined) return;
  throw new TypeError(`${owner} has no option "${unknown}"; it has: ${Object.keys(names).join(', ')}`);
}
