import type { Delta } from '@rolecall/core';

/** Whether a delta says something: the first that does commits the answer. */
export function commits(delta: Delta): boolean {
  return delta.type === 'tool_call' ? Boolean(delta.id || delta.name || delta.arguments) : delta.text !== '';
}
