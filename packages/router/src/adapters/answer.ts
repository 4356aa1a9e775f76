/** What the answers of all APIs of one adapter have in common. */
import type { ResponseMetadata } from '@rolecall/core';
import { ModelError, type ModelErrorCode } from '../errors.ts';
import type { Delivery } from './delivery.ts';
import { type Facts, networkError, rateLimit } from './http.ts';

/** What is known of an answer before it is read. */
export interface Answer {
  readonly provider: string;
  readonly facts: Facts;
  /** A stream was asked for. */
  readonly streamAsked: boolean;
  readonly ignoredSettings: readonly string[];
  /** Its bytes are passed on as they are. */
  readonly relayed: boolean;
}

/** Some servers answer with JSON where a stream was asked for; some stream and forget to say so. */
export function isStream({ headers }: Response, asked: boolean): boolean {
  const type = (headers.get('content-type') ?? '').toLowerCase();
  return type.startsWith('text/event-stream') || (asked && !/json|html/.test(type));
}

/** Waits until a stream was read. Once its answer is whole, it matters no more how the connection ends. */
export async function untilWhole(reading: Promise<void>, delivery: Delivery, isWhole: () => boolean): Promise<void> {
  try {
    await reading;
  } catch (error) {
    if (delivery.callerError || !isWhole() || networkError(error)?.code !== 'stream_cut') throw error;
  }
}

export function parseObject(text: string, facts: Facts): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const what = text.trimStart().startsWith('<') ? 'a page of HTML' : 'not JSON';
    throw failure('malformed_answer', facts, `the answer is ${what}`, cause);
  }
  if (typeof parsed === 'object' && parsed !== null) return parsed;
  throw failure('malformed_answer', facts, 'the answer is not a JSON object');
}

interface Said {
  readonly servedModel?: string | undefined;
  readonly serviceTier?: string | undefined;
  readonly raw?: unknown;
}

export function metadataOf({ headers }: Response, { facts, ignoredSettings }: Answer, said: Said): ResponseMetadata {
  return {
    requestId: facts.requestId,
    servedModel: said.servedModel,
    serviceTier: said.serviceTier,
    rateLimit: rateLimit(headers),
    ignoredSettings: ignoredSettings.length > 0 ? ignoredSettings : undefined,
    simulated: facts.simulated || undefined,
    local: facts.local || undefined,
    raw: said.raw,
  };
}

/** The answer as it came: as text where it goes on as it is, so that nobody need write out anew what was read. */
export function rawOf(text: string, whole: object, { relayed }: Answer): string | object {
  return relayed ? text : whole;
}

/** What a table has under a name that a server chose; what every object has is not in it. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: unknown): T | undefined {
  return typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** What is no count was not reported. */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** The provider answered, and so may charge. */
export function failure(code: ModelErrorCode, { model }: Facts, reason: string, cause?: unknown): ModelError {
  return new ModelError(code, { model, reason, possiblyBilled: true, cause });
}
