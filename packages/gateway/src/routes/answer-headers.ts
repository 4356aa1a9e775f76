/** What an answer says of itself in its headers: ours, and their LiteLLM twins. */
import type { Attempt } from '@rolecall/core';
import type { Progress } from '../wire/relaying.ts';
import { costOf } from './cost-of.ts';

export interface HeaderFacts {
  readonly callId: string;
  readonly call: Progress;
  /** Since the request came. */
  readonly totalMs: number;
  /** Absent while a stream goes on. */
  readonly attempts: readonly Attempt[] | undefined;
  /** `provider/model` that answered. */
  readonly model: string | undefined;
  readonly withTwins: boolean;
}

export function answerHeaders({ callId, call, totalMs, attempts, model, withTwins }: HeaderFacts): Record<string, string> {
  const headers: Record<string, string> = {};
  const tell = (ours: string, theirs: string | undefined, value: string): void => {
    headers[`x-rolecall-${ours}`] = value;
    if (theirs !== undefined && withTwins) headers[`x-litellm-${theirs}`] = value;
  };
  const { place } = call;
  const { calls, names } = attempts && attempts.length > 0 ? counted(attempts) : { calls: call.calls, names: call.names.size };
  const fallbacks = Math.max(0, names - 1);
  tell('call-id', 'call-id', callId);
  tell('attempts', undefined, `${calls}`);
  tell('fallbacks', 'attempted-fallbacks', `${fallbacks}`);
  tell('retries', 'attempted-retries', `${Math.max(0, calls - fallbacks - 1)}`);
  tell('duration-ms', 'response-duration-ms', totalMs.toFixed(1));
  tell('overhead-ms', 'overhead-duration-ms', Math.max(0, totalMs - call.upstreamMs).toFixed(1));
  const answeredBy = model ?? place?.model;
  if (answeredBy !== undefined) tell('model', undefined, printable(answeredBy));
  if (place) {
    tell('named-model', 'model-group', printable(place.name));
    tell('deployment', 'model-id', printable(place.deployment));
  }
  const costUsd = attempts && attempts.length > 0 ? costOf(attempts) : undefined;
  if (costUsd === null) headers['x-rolecall-cost-usd'] = 'unknown';
  else if (costUsd !== undefined) tell('cost-usd', 'response-cost', `${costUsd}`);
  return headers;
}

/** How many backends were called, and how many names were on the way. */
function counted(attempts: readonly Attempt[]): { readonly calls: number; readonly names: number } {
  const calls = attempts.filter(({ outcome }) => outcome !== 'skipped' && outcome !== 'cache_hit').length;
  return { calls, names: new Set(attempts.map(({ name, model }) => name ?? model)).size };
}

/** Header values are Latin-1 without control characters; names need not be. */
function printable(value: string): string {
  return /[^\x20-\x7e]/.test(value) ? value.replaceAll(/[^\x20-\x7e]/g, '?') : value;
}
