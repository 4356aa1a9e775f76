/** The names there are: the compiler asks for each of them, and for no other. */
export type FieldNames<Options> = Readonly<Record<keyof Options, true>>;

/** @throws {TypeError} for what is no object, and for a field of it that nobody would look at. */
export function checkFields<Options extends object>(what: string, given: Options, names: FieldNames<NoInfer<Options>>): void {
  const value: unknown = given;
  if (typeof value !== 'object' || value === null) throw new TypeError(`${what} is ${String(value)}: it must be an object`);
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined) throw new TypeError(`${what} has no "${unknown}"; it has: ${Object.keys(names).join(', ')}`);
}
