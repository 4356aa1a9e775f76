import type { ModelRequest } from '@rolecall/core';

/** JSON text that is equal for equal values: the keys of objects are sorted, and those that are undefined left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const sorted = fields.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
}

/**
 * The key of a request: equal for requests that ask the same of the same models.
 * Labels, the signal, deadlines and who listens are no part of it. `asked` says who would answer.
 */
export function requestKey(request: ModelRequest, asked: unknown): string {
  const { messages, tools, toolChoice, outputSchema, settings, providerOptions } = request;
  const parts = { asked, messages, tools, toolChoice, outputSchema, settings, providerOptions };
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(canonicalJson(parts)).digest('hex');
}
