import type { JsonObject } from '@rolecall/core';

/**
 * The arguments of a tool call as an object, for providers that take no JSON text. What a model garbled travels on as it is
 * under one key: the next model should see what the tool saw.
 */
export function argumentsOf(json: string): JsonObject {
  if (json.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as JsonObject;
  } catch {
    // not JSON: handed on below
  }
  return { unparsed: json };
}

/** What a provider gave as the arguments of a call, as the JSON text that we hand on: some give the object itself. */
export function argumentsText(given: unknown): string | undefined {
  return typeof given === 'string' ? given : given === null || given === undefined ? undefined : JSON.stringify(given);
}
