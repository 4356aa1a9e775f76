/** Texts that agents may look things up in: the port. `@rolecall/core/knowledge` has an implementation. */
import { invalid } from './check.ts';

/** A piece of a text, short enough for a prompt. */
export interface Passage {
  readonly text: string;
  /** Where it is from, in words that a model may repeat: a file and the headings above it. */
  readonly source: string;
}

export interface SearchOptions {
  /** The most passages that are wanted. @default 5 */
  readonly limit?: number | undefined;
  /** Ends the search. @default never */
  readonly signal?: AbortSignal | undefined;
}

/** Finds passages. An agent that has one is shown those that bear on its task. */
export interface Knowledge {
  /** What bears on `query`, best first. */
  readonly search: (query: string, options?: SearchOptions) => Promise<readonly Passage[]>;
}

/** Checks the knowledge of an agent. */
export function takeKnowledge(owner: string, knowledge: unknown): Knowledge | undefined {
  if (knowledge === undefined) return undefined;
  const { search } = (knowledge ?? {}) as Partial<Knowledge>;
  // A text has a method of that name too.
  if (typeof knowledge === 'string' || typeof search !== 'function') {
    throw invalid(owner, 'knowledge', knowledge, 'a Knowledge, with search, such as createKnowledge() makes');
  }
  return knowledge as Knowledge;
}
