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
  readonly #entries = new Map<string, Entry>();
  /** Those that are over, by turns: the one at `#oldest` makes room for the next. */
  readonly #over: Entry[] = [];
  #oldest = 0;
  #pending = 0;
  readonly #listeners = new Set<FeedListener>();

  begin(caller: Caller, ask: Ask, at: number = Date.now()): void {
    if (this.#pending >= keepPending) return; // it is told when it is over
    if (!this.#entries.get(ask.callId)?.isPending) this.#pending += 1;
    this.#entries.set(ask.callId, new Entry(caller, ask, at)); // a call id may come again, from a proxy that repeats
    this.#tell(ask.callId);
  }

  /** An attempt of a call under way is over. */
  attempt(id: string, attempt: Attempt): void {
    const entry = this.#entries.get(id);
    if (!entry?.isPending || entry.attempts.length >= keepAttempts) return;
    entry.attempts = [...entry.attempts, attempt];
    this.#tell(id);
  }

  add(ending: CallEnding): void {
    const id = ending.callId;
    const begun = this.#entries.get(id);
    const entry = begun?.isPending ? begun : new Entry(ending.caller, ending.ask, ending.startedAt);
    if (entry === begun) this.#pending -= 1;
    else this.#entries.set(id, entry);
    entry.end(ending);
    this.#keep(entry);
    this.#tell(id);
  }

  #keep(entry: Entry): void {
    const oldest = this.#over[this.#oldest];
    if (oldest && this.#entries.get(oldest.id) === oldest) this.#entries.delete(oldest.id);
    this.#over[this.#oldest] = entry;
    this.#oldest = (this.#oldest + 1) % keepRequests;
  }

  /** Newest first. */
  latest(count: number = keepRequests): readonly LiveRequest[] {
    return [...this.#entries.values()]
      .toSorted((a, b) => b.at - a.at)
      .slice(0, count)
      .map((entry) => entry.shown());
  }

  find(id: string): LiveRequest | undefined {
    return this.#entries.get(id)?.shown();
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

  get isPending(): boolean {
    return this.#ending === undefined;
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
