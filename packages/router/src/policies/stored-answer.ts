import type { Delta, ModelResponse } from '@rolecall/core';

/** An answer as it is kept. */
export interface StoredAnswer {
  readonly version: 1;
  /** Milliseconds since the epoch: a store need not know how to forget. */
  readonly expiresAt: number;
  /** The named model that gave it. */
  readonly name?: string | undefined;
  readonly response: ModelResponse;
}

/** Only whole answers are kept: one cut off at its length, filtered or refused might come out better when asked again. */
export function isWorthKeeping({ finishReason, refusal }: ModelResponse): boolean {
  return refusal === undefined && (finishReason === 'stop' || finishReason === 'tool_calls');
}

/** The answer as text, without what belongs to the one call that it came from. */
export function encodeAnswer(response: ModelResponse, ttlMs: number): string {
  const { attempts, usage, metadata, ...said } = response;
  const { raw: _, rateLimit: __, ...facts } = metadata ?? {};
  const { source: ___, ...tokens } = usage;
  const name = attempts?.findLast(({ outcome }) => outcome === 'answered')?.name;
  const kept: ModelResponse = { ...said, usage: tokens, ...(metadata && { metadata: facts }) };
  return JSON.stringify({ version: 1, expiresAt: Date.now() + ttlMs, name, response: kept } satisfies StoredAnswer);
}

/** The stored answer, or `undefined` for what is none, or is none any more. */
export function decodeAnswer(text: string): StoredAnswer | undefined {
  const stored = parse(text) as Partial<StoredAnswer> | null | undefined;
  if (stored?.version !== 1 || typeof stored.response?.text !== 'string') return undefined;
  return Number(stored.expiresAt) > Date.now() ? (stored as StoredAnswer) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // some other program's value
  }
}

/** The answer as if it were streamed. */
export function deltasOf({ text, content, toolCalls }: ModelResponse): readonly Delta[] {
  const deltas: Delta[] = (content ?? [{ type: 'text', text }]).flatMap((part) =>
    (part.type === 'text' || part.type === 'reasoning') && part.text !== '' ? { type: part.type, text: part.text } : [],
  );
  for (const [index, { id, name, arguments: json }] of toolCalls.entries()) {
    deltas.push({ type: 'tool_call', index, id, name, arguments: json });
  }
  return deltas;
}
