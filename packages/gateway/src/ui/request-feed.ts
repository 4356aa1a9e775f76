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
  readonly #pending = new Map<string, Entry>();
  /** Those that are over, by turns: the one at `#oldest` makes room for the next. Looked through by whoever looks. */
  readonly #over: Entry[] = [];
  #oldest = 0;
  readonly #listeners = new Set<FeedListener>();

  begin(caller: Caller, ask: Ask, at: number = Date.now()): void {
    if (this.#pending.size >= keepPending) return; // it is told when it is over
    this.#pending.set(ask.callId, new Entry(caller, ask, at)); // a call id may come again, from a proxy that repeats
    this.#tell(ask.callId);
  }

  /** An attempt of a call under way is over. */
  attempt(id: string, attempt: Attempt): void {
    const entry = this.#pending.get(id);
    if (!entry || entry.attempts.length >= keepAttempts) return;
    entry.attempts = [...entry.attempts, attempt];
    this.#tell(id);
  }

  add(ending: CallEnding): void {
    const id = ending.callId;
    const entry = this.#pending.get(id) ?? new Entry(ending.caller, ending.ask, ending.startedAt);
    this.#pending.delete(id);
    entry.end(ending);
    this.#over[this.#oldest] = entry;
    this.#oldest = (this.#oldest + 1) % keepRequests;
    this.#tell(id);
  }

  /** Newest first; of those with one id, the latest. */
  latest(count: number = keepRequests): readonly LiveRequest[] {
    const byId = new Map(this.#inTurn().map((entry) => [entry.id, entry]));
    return [...byId.values()]
      .toSorted((a, b) => b.at - a.at)
      .slice(0, count)
      .map((entry) => entry.shown());
  }

  find(id: string): LiveRequest | undefined {
    return this.#inTurn()
      .findLast((entry) => entry.id === id)
      ?.shown();
  }

  /** As they ended, and then those under way. */
  #inTurn(): readonly Entry[] {
    return [...this.#over.slice(this.#oldest), ...this.#over.slice(0, this.#oldest), ...this.#pending.values()];
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

/** A request as it is kept: cut to size, and made into what is shown when somebody looks. */
class Entry {
  at: number;
  attempts: readonly Attempt[] = none;
  readonly #ask: Pick<LiveRequest, 'id' | 'asked' | 'role' | 'key' | 'tags' | 'fallbacks'>;
  #ending: Ended | undefined;

  constructor({ keyName }: Caller, { callId, model, role, tags, fallbacks }: Ask, at: number) {
    this.at = at;
    this.#ask = {
      id: callId,
      asked: model.slice(0, 200),
      role: role?.slice(0, 200),
      key: keyName,
      tags: tags.length === 0 ? none : tags.slice(0, 20).map((tag) => tag.slice(0, 100)),
      fallbacks: fallbacks.length === 0 ? none : fallbacks.slice(0, 20).map((name) => name.slice(0, 200)),
    };
  }

  get id(): string {
    return this.#ask.id;
  }

  end(ending: CallEnding): void {
    const { startedAt, api, status, outcome, code, isStream, attempts } = ending;
    this.at = startedAt;
    this.attempts = attempts.length > keepAttempts ? attempts.slice(0, keepAttempts) : attempts;
    const { durationMs, firstByteMs, overheadMs, model, deployment, inputTokens, outputTokens, costUsd } = ending;
    this.#ending = {
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
    };
  }

  shown(): LiveRequest {
    return { ...this.#ask, at: this.at, ...(this.#ending ?? pending), attempts: this.attempts.map(attemptOf) };
  }
}

type Ended = Omit<LiveRequest, 'id' | 'asked' | 'role' | 'key' | 'tags' | 'fallbacks' | 'at' | 'attempts'>;

const none: readonly never[] = [];
const pending: Ended = { outcome: 'pending' };

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
