import type { Ask } from '../ask.ts';
import type { JsonRecord } from '../json.ts';
import { withTag } from './ollama-models.ts';
import type { Catalog } from './wire.ts';

/** Any use loads a model; one without a prompt does no more than load it, or unload it when it is to be kept for no time. */
export function load(ask: Ask, body: JsonRecord, { loaded }: Catalog, said: JsonRecord): JsonRecord | undefined {
  const unload = body['keep_alive'] === 0 || body['keep_alive'] === '0';
  if (unload) loaded.delete(withTag(ask.model));
  else loaded.add(withTag(ask.model));
  if (ask.turns.length > 0) return undefined;
  return { model: ask.model, created_at: new Date().toISOString(), ...said, done: true, done_reason: unload ? 'unload' : 'load' };
}
