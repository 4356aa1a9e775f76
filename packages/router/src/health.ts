/** How the backends of a router are, and waking those that sleep. */
import type { ModelRequest } from '@rolecall/core';
import type { Backend } from './backend.ts';
import { Cancellation } from './cancellation.ts';
import { abortError, ModelError } from './errors.ts';
import type { Placed } from './links.ts';
import { checkOptions, positiveOrInfinity, type Rule } from './options-check.ts';
import type { Circuit } from './policies/circuit.ts';
import type { LastError } from './vitals.ts';

export interface HealthOptions {
  /** Ask every deployment for a word, on record like any other call: it costs a few tokens each. @default false */
  readonly probe?: boolean | undefined;
  /** Longest that a probe may take, in milliseconds. @default 10_000 */
  readonly timeoutMs?: number | undefined;
  /** Ends the probes. @default none */
  readonly signal?: AbortSignal | undefined;
}

/** The state of one deployment. */
export interface DeploymentHealth {
  readonly id: string;
  /** The named model it stands behind. */
  readonly name: string;
  /** `provider/model`. */
  readonly model: string | undefined;
  /** `false` when something it needs is missing, a key for one. */
  readonly isConfigured: boolean;
  /** Its circuit: `open` while it is left alone after failures. */
  readonly state: Circuit['state'];
  /** Milliseconds since the epoch; absent while closed. */
  readonly openUntil?: number | undefined;
  readonly inFlight: number;
  readonly queued: number;
  /** Calls since the router was made. */
  readonly answered: number;
  readonly failed: number;
  /** Of a whole answer, recent ones counting most. */
  readonly latencyMs?: number | undefined;
  readonly firstTokenMs?: number | undefined;
  readonly lastError?: LastError | undefined;
  readonly probe?: ProbeResult | undefined;
}

export interface ProbeResult {
  readonly isAlive: boolean;
  readonly durationMs: number;
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
}

export interface WarmOptions {
  /** Ends the loading. @default none */
  readonly signal?: AbortSignal | undefined;
}

/** What came of loading one model. */
export interface Warmed {
  readonly id: string;
  readonly name: string;
  readonly durationMs: number;
  /** Why it could not be loaded. */
  readonly error?: unknown;
}

const probeRequest: ModelRequest = {
  messages: [{ role: 'user', content: 'Reply with the word OK.' }],
  settings: { maxOutputTokens: 16 },
  labels: { tags: ['probe'] },
};

const aSignal: Rule = { valid: 'an AbortSignal', holds: (value) => value instanceof AbortSignal };

/** What is known of every deployment. Asks nobody. */
export function healthOf(placed: readonly Placed[]): readonly DeploymentHealth[] {
  return placed.map(({ name, member: { id, model }, backend, vitals }) => {
    const { answered, failed, latencyMs, firstTokenMs, lastError } = vitals;
    const missing = backend.notConfigured?.();
    return {
      id,
      name,
      model: backend.id,
      isConfigured: missing === undefined && lastError?.code !== 'not_configured',
      state: model.circuit?.state ?? 'closed',
      openUntil: model.circuit?.openUntil,
      inFlight: model.load?.inFlight ?? 0,
      queued: model.load?.queued ?? 0,
      answered,
      failed,
      latencyMs,
      firstTokenMs,
      lastError: lastError ?? (missing === undefined ? undefined : { code: 'not_configured', reason: missing, at: Date.now() }),
    };
  });
}

/** The same, after asking each of them for a word. Rejects when it is aborted. */
export async function probedHealthOf(placed: readonly Placed[], options: HealthOptions): Promise<readonly DeploymentHealth[]> {
  const probes = await Promise.all(placed.map((one) => probe(one, options)));
  return healthOf(placed).map((health, index) => ({ ...health, probe: probes[index] }));
}

export function checkHealthOptions(options: HealthOptions): void {
  const flag = { valid: 'true or false', holds: (value: unknown) => typeof value === 'boolean' };
  checkOptions('health', options, { probe: flag, timeoutMs: positiveOrInfinity, signal: aSignal });
}

async function probe({ name, direct, backend }: Placed, options: HealthOptions): Promise<ProbeResult> {
  const { timeoutMs = 10_000, signal } = options;
  const link = new Cancellation(signal);
  const reason = new ModelError('attempt_timeout', {
    model: backend.id ?? name,
    reason: `no answer to a probe within ${timeoutMs} ms`,
  });
  const timer = timeoutMs === Infinity ? undefined : setTimeout(() => link.abort(reason), timeoutMs);
  const start = performance.now();
  try {
    await direct({ ...probeRequest, model: name, signal: link.signal });
    return { isAlive: true, durationMs: performance.now() - start };
  } catch (error) {
    if (signal?.aborted) throw abortError(signal, backend.id ?? name);
    const durationMs = performance.now() - start;
    if (!ModelError.isInstance(error))
      return { isAlive: false, durationMs, reason: error instanceof Error ? error.name : typeof error };
    const isAlive = error.code === 'empty_answer' || error.code === 'content_filtered'; // it spoke, if not to the point
    return { isAlive, durationMs, code: error.code, reason: error.reason };
  } finally {
    clearTimeout(timer);
    link.release();
  }
}

/** Loads them one after the other: they share the memory of a machine. Rejects when it is aborted. */
export async function warmUp(placed: readonly Placed[], options: WarmOptions = {}): Promise<readonly Warmed[]> {
  checkOptions('warm', options, { signal: aSignal });
  const { signal } = options;
  const warmed: Warmed[] = [];
  const done = new Set<Backend>();
  for (const { name, member, backend } of placed) {
    if (!backend.warm || done.has(backend)) continue;
    done.add(backend);
    const start = performance.now();
    const error: { error?: unknown } = await backend.warm(signal).then(
      () => ({}),
      (thrown: unknown) => ({ error: thrown }),
    );
    if (signal?.aborted) throw abortError(signal, backend.id ?? name);
    warmed.push({ id: member.id, name, durationMs: performance.now() - start, ...error });
  }
  return warmed;
}
