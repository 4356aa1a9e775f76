/**
 * A key of what a task depends on: part of the names of its steps, so that a task which has changed asks for steps that
 * nobody has done. Functions have no part in it, which is what a crew's `version` is for.
 */
export function taskKey(parts: unknown): string {
  return process.getBuiltinModule('node:crypto').hash('sha256', JSON.stringify(parts), 'hex').slice(0, 16);
}
