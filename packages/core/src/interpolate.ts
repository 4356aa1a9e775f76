/** `{topic}` in texts: which names they need, what values may be, and filling them in. */
import { invalid, show } from './check.ts';
import { isPlainObject } from './freeze.ts';
import type { JsonValue } from './model.ts';

/** What an input may be. Strings are filled in as they are, everything else as JSON. */
export type InputValue = JsonValue;
export type Inputs = Readonly<Record<string, InputValue>>;

/** The placeholder names in a text, read from its literal type by the rules of `interpolate`. */
export type InputNames<Text extends string, Found extends string = never> = Text extends `${string}{${infer Rest}`
  ? Rest extends `{${infer Name}}}${infer After}`
    ? InputNames<IsName<Name> extends true ? After : Rest, Found>
    : Rest extends `${infer Name}}${infer After}`
      ? IsName<Name> extends true
        ? InputNames<After, Found | Name>
        : InputNames<Rest, Found>
      : InputNames<Rest, Found>
  : Found;

/** Whether the compiler knows the whole text. A `string`, or a template with one inside, may need any name. */
export type IsLiteral<Text extends string> = Text extends string
  ? Record<symbol, unknown> extends Record<Text, unknown> // only an index signature asks for no key
    ? false
    : true
  : never;

type Characters<Text extends string> = Text extends `${infer First}${infer Rest}` ? First | Characters<Rest> : never;
type Letter = Characters<'abcdefghijklmnopqrstuvwxyz'>;
type NameStart = Letter | Uppercase<Letter> | '_';
type NameCharacter = NameStart | Characters<'0123456789'> | '-';
type IsName<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? First extends NameStart
    ? HasOnlyNameCharacters<Rest>
    : false
  : false;
type HasOnlyNameCharacters<Text extends string> = Text extends ''
  ? true
  : Text extends `${infer First}${infer Rest}`
    ? First extends NameCharacter
      ? HasOnlyNameCharacters<Rest>
      : false
    : false;

const placeholder = /\{\{([A-Za-z_][\w-]*)\}\}|\{([A-Za-z_][\w-]*)\}/g;

/** The placeholder names in a text, in order of appearance. */
export function inputNames(text: string): string[] {
  return [...text.matchAll(placeholder)].flatMap(([, , name]) => name ?? []);
}

/**
 * Fills the placeholders in, in a single pass: what comes from an input is never expanded again.
 * `{{name}}` becomes the literal `{name}`; any other braces, as in JSON, stay as they are.
 */
export function interpolate(text: string, inputs: Inputs): string {
  if (!text.includes('{')) return text;
  return text.replace(placeholder, (_whole, literal: string | undefined, name: string) =>
    literal === undefined ? render(inputs[name]) : `{${literal}}`,
  );
}

function render(value: InputValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A placeholder and where it first stands, for a message. */
export type RequiredInputs = ReadonlyMap<string, string>;

/**
 * Checks what a run was given before anything is asked of a model, and copies it, so that nobody changes it under the run:
 * the copy is frozen.
 *
 * @throws {TypeError} when an input is missing or is not JSON.
 */
export function takeInputs(given: unknown, required: RequiredInputs): Inputs {
  if (given !== undefined && !isPlainObject(given)) throw invalid('kickoff', 'inputs', given, 'an object of named inputs');
  const inputs: Inputs = Object.assign(Object.create(null), jsonCopyOf(given ?? {}));

  const missing = [...required].filter(([name]) => !Object.hasOwn(inputs, name));
  if (missing.length > 0) {
    const asked = missing.map(([name, place]) => `"${name}" (in the ${place})`).join(', ');
    const names = Object.keys(inputs).map(show).join(', ');
    throw new TypeError(`kickoff: no input for ${asked}; ${names ? `given: ${names}` : 'no inputs were given'}`);
  }
  return Object.freeze(inputs);
}

function jsonCopyOf(given: Record<string, unknown>): Record<string, InputValue> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, toJson(value, name, [])]));
}

function toJson(value: unknown, path: string, parents: readonly unknown[]): InputValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (parents.includes(value)) throw new TypeError(`kickoff: input "${path}" contains itself, and has to be JSON`);
  const within = [...parents, value];
  if (Array.isArray(value)) return Object.freeze(value.map((entry, index) => toJson(entry, `${path}[${index}]`, within)));
  if (isPlainObject(value)) {
    const entries = Object.entries(value).map(([key, entry]) => [key, toJson(entry, `${path}.${key}`, within)] as const);
    return Object.freeze(Object.fromEntries(entries));
  }
  throw invalid(
    'kickoff',
    `input "${path}"`,
    value,
    'a string, a finite number, a boolean, null, or arrays and objects of these',
  );
}
