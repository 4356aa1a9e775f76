/** Events, results and errors as JSON: what a run says to somebody in another process. */
import type { JsonValue } from '@rolecall/core';

/**
 * Our errors keep all that they know, also what they do not print. Of anybody else's there are name, message and plain fields such as a
 * code: the rest may be secret, or circular. Functions and what no JSON holds go.
 */
export function portable(value: unknown): JsonValue {
  return JSON.parse(portableText(value)) as JsonValue;
}

/** The same, as it is written. */
export function portableText(value: unknown): string {
  return JSON.stringify(value, replace) ?? 'null';
}

function replace(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  const given = this[key]; // as it was before a `toJSON` of its own, which may tell all it was configured with
  if (!(given instanceof Error)) return value;
  const { name, message } = given;
  return { ...Object.fromEntries(fieldsOf(given)), name, message };
}

function fieldsOf(error: Error): [string, unknown][] {
  if (!isOurs(error)) return Object.entries(error).filter(([, field]) => Object(field) !== field);
  const names = Object.getOwnPropertyNames(error).filter((name) => name !== 'stack' && name !== 'cause');
  return names.map((name) => [name, error[name as keyof Error]]);
}

/** Known by their marks, as there may be several copies of a package. */
function isOurs(error: Error): boolean {
  return 'isTaskError' in error || 'isModelError' in error || 'isRouteError' in error;
}
