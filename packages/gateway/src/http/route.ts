/** What the parts of the gateway agree on: who asks, what for, and how it ended. This file imports no code. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attempt } from '@rolecall/core';

/** Who may come in: anyone, whoever has a key, whoever has the master key, whoever may see metrics. */
export type Area = 'open' | 'key' | 'admin' | 'metrics';

/** Whoever asks, once the gateway knows them. */
export interface Caller {
  /** The hash by which a virtual key is known; absent for the master key, and where no key is needed. */
  readonly keyId?: string | undefined;
  /** What the key is called in ledgers, metrics and logs. */
  readonly keyName?: string | undefined;
  readonly isAdmin: boolean;
  /** The named models and roles it may ask. @default all */
  readonly models?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Whose cached answers it shares. */
  readonly cacheNamespace?: string | undefined;
}

/** One HTTP request under way. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The path, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly callId: string;
  /** The id came with the request. */
  readonly isIdShared: boolean;
  readonly caller: Caller;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** Characters of the body, once it has been read. */
  readonly bodyLength: number;
  /** The body as JSON; refuses what is none, or too long. */
  json(): Promise<Readonly<Record<string, unknown>>>;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Exact, or a prefix when it ends in `*`. */
  readonly path: string;
  readonly area: Area;
  /** Answers. What it throws is told to the caller: a `Refusal` as it is, a bug as a 500 without its words. */
  handle(exchange: Exchange): void | Promise<void>;
}

/** What a caller asks of a model, as far as limits and permissions need it. */
export interface Ask {
  /** The named model, or the role as `role:writer`, as the caller wrote it. */
  readonly model: string;
  readonly role?: string | undefined;
  /** Every named model that the request itself brings along as a fallback. */
  readonly fallbacks: readonly string[];
  readonly tags: readonly string[];
  /** A rough count of the input. */
  readonly inputTokens: number;
  readonly callId: string;
  /** The id came with the request: gateways behind one load balancer share it. */
  readonly isIdShared: boolean;
  /** The trace it belongs to, in the headers of W3C Trace Context. */
  readonly trace?: TraceHeaders | undefined;
}

export interface TraceHeaders {
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

/** Where an attempt goes. */
export interface Place {
  /** The named model. */
  readonly name: string;
  readonly deployment: string;
  /** `provider/model`. */
  readonly model: string;
}

/** A model call that was let in: told how it ended, exactly once. */
export interface Admission {
  /** Further headers of the answer: what is left of the key's limits. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Is awaited before each backend is asked; what it resolves with is called when that attempt is over. */
  readonly asking?: ((place: Place) => Promise<() => void>) | undefined;
  settle(ending: CallEnding): void;
}

/** How a model call over HTTP ended. */
export interface CallEnding {
  readonly callId: string;
  readonly api: 'chat.completions' | 'messages' | 'responses' | 'embeddings';
  readonly caller: Caller;
  readonly ask: Ask;
  readonly status: number;
  readonly isStream: boolean;
  /** `aborted`: the client left. `cut`: an error after content had been sent. */
  readonly outcome: 'answered' | 'failed' | 'refused' | 'aborted' | 'cut';
  readonly code?: string | undefined;
  /** Epoch milliseconds at which it came. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly firstByteMs?: number | undefined;
  /** What the gateway itself took: everything but the waits for the backends, queues included. */
  readonly overheadMs?: number | undefined;
  /** `provider/model` that answered. */
  readonly model?: string | undefined;
  readonly deployment?: string | undefined;
  readonly attempts: readonly Attempt[];
  readonly costUsd?: number | null | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  /** What was thrown, when it was a bug. */
  readonly error?: unknown;
}

/** An HTTP request that got an error without a model having been asked for. */
export interface RefusedRequest {
  readonly callId: string;
  readonly path: string;
  readonly status: number;
  readonly code: string;
  readonly error: unknown;
}
