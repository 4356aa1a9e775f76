/**
 * What the tracker reads of a model, its requests and its answers. A `Model` of `@rolecall/core` fits,
 * and so does any function of this shape: nothing is imported for it.
 */
import type { UsageSource } from './recorded-usage.ts';
import type { TokenUsage } from './usage.ts';

export interface TrackedModel<Request extends TrackedRequest, Response extends TrackedResponse> {
  (request: Request): Promise<Response>;
  /** `provider/model`. */
  readonly id?: string | undefined;
  /** It runs on the caller's own machines, so that its calls are free: budgets have to know before one is made. */
  readonly local?: boolean | undefined;
  readonly check?: ((ask: TrackedAsk) => string | undefined) | undefined;
  /** Why it cannot be asked at all, a missing key for one: no budget speaks before that. */
  readonly notConfigured?: (() => string | undefined) | undefined;
}

export interface TrackedAsk {
  readonly role?: string | undefined;
  readonly model?: string | undefined;
}

export interface TrackedRequest {
  /** Who asks. */
  readonly role?: string | undefined;
  /** A named model. */
  readonly model?: string | undefined;
  readonly labels?: TrackedLabels | undefined;
  readonly onDelta?: ((delta: TrackedDelta) => void | Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TrackedLabels {
  readonly workflow?: string | undefined;
  readonly task?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

export type TrackedDelta =
  | { readonly type: 'text' | 'reasoning' | 'refusal'; readonly text: string }
  | {
      readonly type: 'tool_call';
      readonly index: number;
      readonly id?: string | undefined;
      readonly name?: string | undefined;
      readonly arguments?: string | undefined;
    };

/** What was used, and what the provider said of it: that is what is priced. */
export interface TrackedUsage extends TokenUsage {
  readonly source?: UsageSource | undefined;
}

export interface TrackedResponse {
  /** `provider/model`. */
  readonly model: string;
  readonly usage: TrackedUsage;
  readonly attempts?: readonly TrackedAttempt[] | undefined;
  readonly metadata?: TrackedMetadata | undefined;
}

export interface TrackedMetadata {
  readonly servedModel?: string | undefined;
  readonly serviceTier?: string | undefined;
  readonly simulated?: boolean | undefined;
  readonly local?: boolean | undefined;
}

/** One call to one backend, or the reason why it was not called. */
export interface TrackedAttempt {
  readonly id: string;
  readonly name?: string | undefined;
  readonly model: string;
  readonly servedModel?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly waitMs: number;
  readonly durationMs: number;
  readonly firstTokenMs?: number | undefined;
  readonly outcome: 'answered' | 'failed' | 'aborted' | 'skipped' | 'cache_hit';
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  readonly status?: number | undefined;
  readonly usage?: TrackedUsage | undefined;
  readonly costUsd?: number | null | undefined;
  readonly possiblyBilled?: boolean | undefined;
  readonly simulated?: boolean | undefined;
  readonly local?: boolean | undefined;
}

/** What an error says about the attempt that failed, if it says anything. */
export interface FailureFacts {
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  readonly status?: number | undefined;
  readonly model?: string | undefined;
  readonly usage?: TrackedUsage | undefined;
  readonly possiblyBilled?: boolean | undefined;
  readonly simulated?: boolean | undefined;
  readonly local?: boolean | undefined;
  readonly attempts?: readonly TrackedAttempt[] | undefined;
}

/** Reads an error by its fields, not its class: it may come from any package, or from none. */
export function failureFacts(error: unknown): FailureFacts {
  if (typeof error !== 'object' || error === null) return {};
  const { code, reason, status, model, usage, possiblyBilled, simulated, local, attempts } = error as Readonly<
    Record<string, unknown>
  >;
  return {
    code: typeof code === 'string' ? code : undefined,
    reason: typeof reason === 'string' ? reason : undefined,
    status: typeof status === 'number' ? status : undefined,
    model: typeof model === 'string' ? model : undefined,
    usage: typeof usage === 'object' && usage !== null ? usage : undefined,
    possiblyBilled: typeof possiblyBilled === 'boolean' ? possiblyBilled : undefined,
    simulated: simulated === true ? true : undefined,
    local: typeof local === 'boolean' ? local : undefined,
    attempts: Array.isArray(attempts) ? (attempts as readonly TrackedAttempt[]) : undefined,
  };
}
