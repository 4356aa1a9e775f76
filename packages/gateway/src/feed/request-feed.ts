/** The latest model calls, with all their attempts: for the dashboard. No prompt, answer or key is in it. */
import type { Attempt } from '@rolecall/core';
import type { CallEnding } from '../http/route.ts';

export interface RecentRequest {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly api: CallEnding['api'];
  /** The named model, or the role as `role:writer`, as it was asked for. */
  readonly asked: string;
  readonly role?: string | undefined;
  readonly key?: string | undefined;
  readonly tags: readonly string[];
  readonly status: number;
  readonly outcome: CallEnding['outcome'];
  readonly code?: string | undefined;
  readonly stream: boolean;
  readonly durationMs: number;
  readonly firstByteMs?: number | undefined;
  readonly overheadMs?: number | undefined;
  /** `provider/model` that answered. */
  readonly model?: string | undefined;
  readonly deployment?: string | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly costUsd?: number | null | undefined;
  readonly attempts: readonly RecentAttempt[];
}

export type RecentAttempt = Omit<Attempt, 'id' | 'usage' | 'servedModel'> & {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
};

export type FeedListener = (request: RecentRequest) => void;

const keepRequests = 500;
const keepAttempts = 50;

export class RequestFeed {
  readonly #recent = new Map<string, RecentRequest>();
  readonly #listeners = new Set<FeedListener>();

  add(ending: CallEnding): void {
    const request = recentOf(ending);
    this.#recent.delete(request.id); // a call id may come again, from a proxy that repeats
    this.#recent.set(request.id, request);
    for (const id of this.#recent.size > keepRequests ? this.#recent.keys() : []) {
      this.#recent.delete(id);
      break;
    }
    for (const listener of this.#listeners) listener(request);
  }

  /** Newest first. */
  latest(count: number = keepRequests): readonly RecentRequest[] {
    return [...this.#recent.values()].toReversed().slice(0, count);
  }

  find(id: string): RecentRequest | undefined {
    return this.#recent.get(id);
  }

  /** Calls `listener` with each new request, until the function it returns is called. */
  subscribe(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

function recentOf(ending: CallEnding): RecentRequest {
  const { callId, startedAt, api, ask, caller, status, outcome, code, isStream, durationMs } = ending;
  const { firstByteMs, overheadMs, model, deployment, inputTokens, outputTokens, costUsd, attempts } = ending;
  return {
    id: callId,
    at: startedAt,
    api,
    asked: ask.model.slice(0, 200),
    role: ask.role?.slice(0, 200),
    key: caller.keyName,
    tags: ask.tags.slice(0, 20).map((tag) => tag.slice(0, 100)),
    status,
    outcome,
    code,
    stream: isStream,
    durationMs,
    firstByteMs,
    overheadMs,
    model,
    deployment,
    inputTokens,
    outputTokens,
    costUsd,
    attempts: attempts.slice(0, keepAttempts).map(attemptOf),
  };
}

/** A provider's words may quote the prompt: only those of the router itself, on why nobody was asked, are passed on. */
function attemptOf(attempt: Attempt): RecentAttempt {
  const { usage, reason, id: _id, servedModel: _served, ...rest } = attempt;
  return {
    ...rest,
    ...(rest.outcome === 'skipped' && { reason }),
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
  };
}
