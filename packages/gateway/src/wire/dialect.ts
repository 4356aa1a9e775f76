/** An API that the gateway speaks: its requests in the words of the seam, and answers in its own. This file imports no code. */
import type { Delta, JsonObject, Message, ModelRequest, ModelResponse } from '@rolecall/core';
import type { Problem } from '../http/problem.ts';
import type { Fields } from './reader.ts';

/** A request, as far as other APIs have words for it. */
export interface Asked {
  readonly request: Pick<ModelRequest, 'messages' | 'tools' | 'toolChoice' | 'outputSchema' | 'settings'>;
  readonly isStream: boolean;
  /** What no other API has a word for: a backend that does not speak this one cannot serve it. */
  readonly wireOnly: readonly string[];
  /** Those of them that are fields of the body, which an answer may do without. */
  readonly unknown: readonly string[];
}

/** What an answer is told about itself. */
export interface AnswerFacts {
  readonly callId: string;
  /** The model as the caller named it. */
  readonly model: string;
  /** The body of the request. */
  readonly body: Fields;
}

/** Writes the events of one streamed answer, as text. */
export interface EventWriter {
  delta(delta: Delta): string;
  end(response: ModelResponse): string;
}

export interface Dialect {
  readonly api: 'chat.completions' | 'messages' | 'responses' | 'embeddings';
  /** Headers that are part of a request, as its body is: they go where that goes. */
  readonly headers?: readonly string[] | undefined;
  /** @throws {Refusal} when the body is not what it should be. */
  read(body: Fields): Asked;
  /** @throws {Refusal} as well: what stands in the place of the messages of another request. */
  readMessages(messages: unknown): readonly Message[];
  /** What the API calls a setting; others it has no word for. */
  readonly settings: Readonly<Record<string, string>>;
  answer(response: ModelResponse, facts: AnswerFacts): JsonObject;
  events(facts: AnswerFacts): EventWriter;
  /** The body of an error. */
  problem(problem: Problem, callId: string): JsonObject;
  /** The last event of a stream that failed. */
  problemEvent(problem: Problem, callId: string): string;
}
