/** The latest model calls, those under way included, with all their attempts: for the dashboard. No prompt, answer or key is in it. */
import type { Attempt } from '@rolecall/core';
import type { Ask, CallEnding, Caller } from '../http/route.ts';
import type { LiveAttempt, LiveRequest } from './answers.ts';

/** Is told the id of a request that is new, or has come further. */
export type FeedListener = (id: string) => void;

const keepRequests = 500;
const keepPending = 1_000;
const keepAttempts = 50;

export class RequestFeed {
  readonly #recent = new Map<string, LiveRequest>();
  readonly #pending = new Map<string, LiveRequest>();
  readonly #listeners = new Set<FeedListener>();

  begin(caller: Caller, ask: Ask, at: number = Date.now()): void {
    if (this.#pending.size >= keepPending) return; // it is told when it is over
    this.#pending.set(ask.callId, { ...askedOf(caller, ask), at, outcome: 'pending', attempts: [] });
    this.#tell(ask.callId);
  }

  /** An attempt of a call under way is over. */
  attempt(id: string, attempt: Attempt): void {
    const request = this.#pending.get(id);
    if (!request || request.attempts.length >= keepAttempts) return;
    this.#pending.set(id, { ...request, attempts: [...request.attempts, attemptOf(attempt)] });
    this.#tell(id);
  }

  add(ending: CallEnding): void {
    const request = recentOf(ending);
    this.#pending.delete(request.id);
    this.#recent.delete(request.id); // a call id may come again, from a proxy that repeats
    this.#recent.set(request.id, request);
    for (const id of this.#recent.size > keepRequests ? this.#recent.keys() : []) {
      this.#recent.delete(id);
      break;
    }
    this.#tell(request.id);
  }

  /** Newest first. */
  latest(count: number = keepRequests): readonly LiveRequest[] {
    return [...this.#recent.values(), ...this.#pending.values()].toSorted((a, b) => b.at - a.at).slice(0, count);
  }

  find(id: string): LiveRequest | undefined {
    return this.#pending.get(id) ?? this.#recent.get(id);
  }

  /** Calls `listener` with the id of each request that has changed, until the function it returns is called. */
  subscribe(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(id: string): void {
    for (const listener of this.#listeners) listener(id);
  }
}

function askedOf(
  { keyName }: Caller,
  { callId, model, role, tags, fallbacks }: Ask,
): Pick<LiveRequest, 'id' | 'asked' | 'role' | 'key' | 'tags' | 'fallbacks'> {
  return {
    id: callId,
    asked: model.slice(0, 200),
    role: role?.slice(0, 200),
    key: keyName,
    tags: tags.slice(0, 20).map((tag) => tag.slice(0, 100)),
    fallbacks: fallbacks.slice(0, 20).map((name) => name.slice(0, 200)),
  };
}

function recentOf(ending: CallEnding): LiveRequest {
  const { startedAt, api, ask, caller, status, outcome, code, isStream, durationMs } = ending;
  const { firstByteMs, overheadMs, model, deployment, inputTokens, outputTokens, costUsd, attempts } = ending;
  return {
    ...askedOf(caller, ask),
    at: startedAt,
    api,
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
function attemptOf(attempt: Attempt): LiveAttempt {
  const { usage, reason, id: _id, servedModel: _served, ...rest } = attempt;
  return {
    ...rest,
    ...(rest.outcome === 'skipped' && { reason }),
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
  };
}
