/** What an answer says of itself in its headers: ours, and their LiteLLM twins. */
import type { Attempt } from '@rolecall/core';
import type { HeaderList } from '../http/reply.ts';
import type { Progress } from '../wire/progress.ts';
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

export function answerHeaders({ callId, call, totalMs, attempts, model, withTwins }: HeaderFacts): HeaderList {
  const { place } = call;
  const made = attempts && attempts.length > 0 ? attempts : undefined;
  const calls = made ? callsOf(made) : call.calls;
  const fallbacks = Math.max(0, (made ? namesOf(made) : call.names) - 1);
  const retries = String(Math.max(0, calls - fallbacks - 1));
  const duration = tenths(totalMs);
  const overhead = tenths(Math.max(0, totalMs - call.upstreamMs));
  const cost = made && costOf(made);
  const answeredBy = model ?? place?.model;

  const headers: HeaderList = ['x-rolecall-call-id', callId, 'x-rolecall-attempts', String(calls)];
  headers.push('x-rolecall-fallbacks', String(fallbacks), 'x-rolecall-retries', retries);
  headers.push('x-rolecall-duration-ms', duration, 'x-rolecall-overhead-ms', overhead);
  if (answeredBy !== undefined) headers.push('x-rolecall-model', printable(answeredBy));
  if (place) headers.push('x-rolecall-named-model', printable(place.name), 'x-rolecall-deployment', printable(place.deployment));
  if (cost !== undefined) headers.push('x-rolecall-cost-usd', cost === null ? 'unknown' : String(cost));
  if (!withTwins) return headers;
  headers.push('x-litellm-call-id', callId, 'x-litellm-attempted-fallbacks', String(fallbacks));
  headers.push('x-litellm-attempted-retries', retries, 'x-litellm-response-duration-ms', duration);
  headers.push('x-litellm-overhead-duration-ms', overhead);
  if (place) headers.push('x-litellm-model-group', printable(place.name), 'x-litellm-model-id', printable(place.deployment));
  if (cost !== undefined && cost !== null) headers.push('x-litellm-response-cost', String(cost));
  return headers;
}

/** How many backends were called. */
function callsOf(attempts: readonly Attempt[]): number {
  let calls = 0;
  for (const { outcome } of attempts) if (outcome !== 'skipped' && outcome !== 'cache_hit') calls += 1;
  return calls;
}

/** How many names were on the way. */
function namesOf(attempts: readonly Attempt[]): number {
  return attempts.length === 1 ? 1 : new Set(attempts.map(({ name, model }) => name ?? model)).size;
}

/** `12.3`: several times as fast as `toFixed`. */
function tenths(value: number): string {
  const whole = Math.round(value * 10);
  return `${Math.floor(whole / 10)}.${whole % 10}`;
}

const unprintable = /[^\x20-\x7e]/;
const allUnprintable = /[^\x20-\x7e]/g;

/** Header values are Latin-1 without control characters; names need not be. */
function printable(value: string): string {
  return unprintable.test(value) ? value.replaceAll(allUnprintable, '?') : value;
}
