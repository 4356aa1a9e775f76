/** A request as anybody may write it, looked at before a backend is asked: what is wrong with it is the caller's mistake, not a failed call. */
import type { ModelRequest } from '@rolecall/core';
import { objectAt, refuse } from './options-check.ts';

const roles: ReadonlySet<unknown> = new Set(['system', 'user', 'assistant', 'tool']);

/** @throws {TypeError} when it has no list of messages, or one of them is of nobody's or says nothing. */
export function checkRequest(owner: string, request: ModelRequest): void {
  const { messages, fallbacks } = objectAt(owner, 'the request', request, 'an object with messages');
  if (!Array.isArray(messages)) refuse(owner, 'messages', messages, "a list, such as [{ role: 'user', content: 'Hello' }]");
  for (let index = 0; index < messages.length; index++) {
    const { role, content } = (messages[index] ?? {}) as { readonly role?: unknown; readonly content?: unknown };
    if (!roles.has(role)) refuse(owner, `messages[${index}].role`, role, 'system, user, assistant or tool');
    if (typeof content !== 'string' && !Array.isArray(content))
      refuse(owner, `messages[${index}].content`, content, 'a text, or a list of parts');
  }
  if (fallbacks) checkFallbacks(owner, fallbacks);
}

function checkFallbacks(owner: string, fallbacks: unknown): void {
  if (!Array.isArray(fallbacks)) refuse(owner, 'fallbacks', fallbacks, 'a list of named models, or false');
  for (const [index, target] of fallbacks.entries()) {
    const name: unknown = typeof target === 'string' ? target : (target as { readonly model?: unknown } | null)?.model;
    if (typeof name !== 'string') refuse(owner, `fallbacks[${index}]`, target, 'the name of a model, or { model, messages }');
  }
}
