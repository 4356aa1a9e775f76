/** What a provider's protocol has to say about itself; one file beside this one for each. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Answer, Ask } from '../ask.ts';
import type { JsonRecord } from '../json.ts';
import type { CachedInput } from '../answers.ts';
import type { PromptCache } from '../prompt-cache.ts';
import type { Problem } from './problem.ts';

export interface Wire {
  /** What serves a method and path: an endpoint, or why there is none. */
  find(method: string, path: string): Endpoint | Problem;
  /** Why these headers are not let in. */
  refuse(headers: IncomingHttpHeaders): Problem | undefined;
  /** The headers every answer of the provider carries. */
  headers(requestId: string): Record<string, string>;
  /** A problem found before any endpoint was, in the provider's words. */
  explain(problem: Problem, requestId: string): Reply;
}

export type Endpoint = InfoEndpoint | AnswerEndpoint;

/** Answers questions about the provider itself: models, versions. */
export interface InfoEndpoint {
  readonly kind: 'info';
  /** JSON, or plain text. */
  reply(catalog: Catalog, body: JsonRecord): JsonRecord | string | Problem;
  explain(problem: Problem, requestId: string): Reply;
}

/** Answers prompts. */
export interface AnswerEndpoint {
  readonly kind: 'answer';
  readonly streamType: 'text/event-stream; charset=utf-8' | 'text/event-stream' | 'application/x-ndjson';
  /** @throws {Rejected} when the provider would refuse the body. */
  read(body: JsonRecord): Ask;
  /** What is answered without asking the model: that it was loaded, or unloaded. */
  aside?(ask: Ask, body: JsonRecord, catalog: Catalog): JsonRecord | undefined;
  /** What the provider's prompt cache makes of the prompt. */
  cached(cache: PromptCache, ask: Ask): CachedInput;
  plain(answer: Answer, call: Call): unknown;
  /** Lazy: what a frame says of time is measured when it is taken. */
  frames(answer: Answer, call: Call): Iterable<Frame>;
  /** An error in the middle of a stream. */
  errorFrame(problem: Problem): string;
  /** The headers of an answer, such as rate limits. */
  headers(answer: Answer, call: Call): Record<string, string>;
  explain(problem: Problem, requestId: string): Reply;
}

/** One request on its way. */
export interface Call {
  readonly id: string;
  readonly requestId: string;
  readonly ask: Ask;
  readonly body: JsonRecord;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds since the request came. */
  readonly elapsedMs: () => number;
}

/** The models a provider has. */
export interface Catalog {
  readonly models: readonly string[];
  readonly has: (model: string) => boolean;
  /** The models in memory, where a provider has such a thing. */
  readonly loaded: Set<string>;
}

/** A piece of a stream: what opens or closes a part of the answer, says a piece of it, sums it up, and marks its end. */
export interface Frame {
  readonly part: 'bracket' | 'content' | 'tail' | 'terminator';
  readonly data: string;
}

/** A whole HTTP answer, apart from a provider's usual headers. */
export interface Reply {
  readonly status: number;
  /** JSON, or text when it is a string. */
  readonly body: unknown;
}

/** The model at the end of a path; as it stands when it is not properly encoded. */
export function modelAt(path: string, root: string): string {
  const encoded = path.slice(root.length);
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
