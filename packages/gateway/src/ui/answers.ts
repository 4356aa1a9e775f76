/** What the dashboard's page is told, as JSON. The server and the page share this file, and it imports no code. */
import type { Attempt } from '@rolecall/core';
import type { CallEnding } from '../http/route.ts';

/** A model call: under way, or over. No prompt, answer, key or word of a provider is in it. */
export interface LiveRequest {
  readonly id: string;
  /** Epoch milliseconds at which it came. */
  readonly at: number;
  /** The named model, or the role as `role:writer`, as it was asked for. */
  readonly asked: string;
  readonly role?: string | undefined;
  /** The name of the key. */
  readonly key?: string | undefined;
  readonly tags: readonly string[];
  /** The fallbacks that the request brought along. */
  readonly fallbacks: readonly string[];
  readonly outcome: CallEnding['outcome'] | 'pending';
  readonly attempts: readonly LiveAttempt[];
  readonly api?: CallEnding['api'] | undefined;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly stream?: boolean | undefined;
  readonly durationMs?: number | undefined;
  readonly firstByteMs?: number | undefined;
  readonly overheadMs?: number | undefined;
  /** `provider/model` that answered. */
  readonly model?: string | undefined;
  readonly deployment?: string | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly costUsd?: number | null | undefined;
}

export type LiveAttempt = Omit<Attempt, 'id' | 'usage' | 'servedModel'> & {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
};

export interface RequestsAnswer {
  /** Newest first. */
  readonly requests: readonly LiveRequest[];
}

/** One request, and where such a request would go at this moment. */
export interface RequestAnswer {
  readonly request: LiveRequest;
  readonly now?: RouteNow | undefined;
}

export interface RouteNow {
  readonly objection?: string | undefined;
  readonly chain: readonly {
    readonly name: string;
    readonly pick: boolean;
    readonly deployments: readonly {
      readonly id: string;
      readonly model?: string | undefined;
      readonly pick: boolean;
      readonly why?: string | undefined;
    }[];
  }[];
}

/** What the calls of a role, a model or a key came to. */
export interface UsageLine {
  readonly name: string;
  /** Calls to backends, failed ones included. */
  readonly requests: number;
  readonly errors: number;
  /** `null` when no price is known. */
  readonly costUsd: number | null;
  /** Calls without a price, which the cost leaves out. */
  readonly unpriced: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Milliseconds, of answered calls. */
export interface Latency {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

export interface ModelLine extends UsageLine {
  readonly latencyMs: Latency;
  readonly firstTokenMs: Latency;
  readonly outputTokensPerSecond: number | null;
}

export interface Savings {
  readonly basis: 'same_tokens' | 'per_workflow';
  readonly model: string | null;
  readonly costUsd: number | null;
  readonly spentUsd: number | null;
  readonly savedUsd: number | null;
  readonly savedShare: number | null;
  readonly excluded: number;
  /** Those of them for which it is the baseline that has no price. */
  readonly baselineUnpriced: number;
}

export interface SummaryAnswer {
  /** There is a master key, and so a session that can be ended. */
  readonly hasLogin: boolean;
  /** Epoch milliseconds since which is counted. */
  readonly since: number;
  readonly inFlight: number;
  readonly total: ModelLine;
  readonly cacheHits: number;
  /** Calls that a simulator answered. */
  readonly simulated: number;
  /** The costliest first; those beyond the first fifty are left out. */
  readonly roles: readonly UsageLine[];
  readonly models: readonly ModelLine[];
  readonly keys: readonly UsageLine[];
  readonly baseline: Savings | null;
}

export interface BackendLine {
  readonly model: string | null;
  readonly model_name: string;
  readonly deployment: string;
  readonly configured: boolean;
  readonly state: 'closed' | 'open' | 'half_open';
  readonly open_until: string | null;
  readonly in_flight: number;
  readonly queued: number;
  readonly answered: number;
  readonly failed: number;
  readonly latency_ms: number | null;
  readonly first_token_ms: number | null;
  readonly last_error: { readonly code: string | null; readonly status: number | null; readonly at: string } | null;
}

export interface BackendsAnswer {
  readonly backends: readonly BackendLine[];
}

export interface KeyLine {
  readonly id: string;
  readonly name: string;
  /** The end of the key, for people. */
  readonly hint: string;
  readonly models: readonly string[];
  readonly tags: readonly string[];
  readonly blocked: boolean;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly expiresAt: number | null;
  readonly spentUsd: number;
  readonly budget: { readonly limitUsd: number; readonly window: string; readonly spentUsd: number } | null;
}

export interface KeysAnswer {
  readonly keys: readonly KeyLine[];
}
