/** Events, results and errors as JSON: what a run says to somebody in another process. */
import type { JsonValue } from '@rolecall/core';

/** Errors keep their name, message and all fields of their own, also what they do not print; functions and what no JSON holds go. */
export function portable(value: unknown): JsonValue {
  return JSON.parse(portableText(value)) as JsonValue;
}

/** The same, as it is written. */
export function portableText(value: unknown): string {
  return JSON.stringify(value, replace) ?? 'null';
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Error)) return value;
  const { name, message } = value;
  const { cause: _cause, stack: _stack, ...own } = Object.fromEntries(fieldsOf(value));
  return { ...own, name, message };
}

/** Node prints and writes out only those that are enumerable. */
function fieldsOf(error: Error): [string, unknown][] {
  return Object.getOwnPropertyNames(error).map((name) => [name, error[name as keyof Error]]);
}
