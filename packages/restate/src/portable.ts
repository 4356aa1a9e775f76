/** Events, results and errors as JSON: what a run says to somebody in another process. */
import type { JsonValue } from '@rolecall/core';

/** Errors keep their name, message, code and what they list of their own; functions and what no JSON holds go. */
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
  const { name, message, cause: _cause, stack: _stack, ...own } = value as Error & Record<string, unknown>;
  return { ...own, name, message };
}
