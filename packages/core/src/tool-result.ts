/** What a tool returned, as the text that a model is given. */

/**
 * A text is told as it is, anything else as JSON: with maps as objects or pairs, sets as arrays and errors in their words.
 * `undefined` and what else JSON has no word for is told as null, for providers refuse a result without text.
 *
 * @throws {TypeError} for what JSON would leave nothing of: an answer in which nothing is said misleads a model.
 */
export function resultText(result: unknown): string {
  return typeof result === 'string' ? result : (JSON.stringify(result, readable) ?? 'null');
}

function readable(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const given = this[key]; // as it was before a `toJSON` of its own
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return value;
  if (ArrayBuffer.isView(given)) throw unreadable(given, key, 'decode bytes, as with new TextDecoder().decode(bytes)');
  if (value !== given) return value;
  if (given instanceof Map) return isNamed(given) ? Object.fromEntries(given) : [...given];
  if (given instanceof Set) return [...given];
  if (given instanceof Error) return String(given);
  return isSilent(given) ? fail(given, key) : value;
}

function isNamed(map: ReadonlyMap<unknown, unknown>): map is ReadonlyMap<string, unknown> {
  return [...map.keys()].every((key) => typeof key === 'string');
}

/** Not a plain object, nor a number in a box, and without a field that JSON would show. */
function isSilent(given: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(given);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null; // also where it comes from another realm
  if (isPlain || Object.keys(given).length > 0) return false;
  return typeof given.valueOf() === 'object';
}

function fail(given: object, key: string): never {
  if (given instanceof Response) throw unreadable(given, key, 'await its text() or json()');
  if (given instanceof Promise) throw unreadable(given, key, 'await it');
  throw unreadable(given, key, 'return a text, or plain objects and arrays');
}

function unreadable(given: object, key: string, advice: string): TypeError {
  const kind = (given.constructor as { name?: string } | undefined)?.name || 'value';
  const place = key === '' ? '' : ` at ${JSON.stringify(key)}`;
  return new TypeError(`execute returned an object (${kind})${place} that JSON cannot tell: ${advice}`);
}
