/** What agents keep from one run to the next: the port. `@rolecall/core/memory` has an implementation. */
import { invalid } from './check.ts';

/** One thing worth keeping. */
export interface Note {
  readonly text: string;
  /** The task it came from. */
  readonly task?: string | undefined;
  /** Who wrote it: the agent's name, or else its role as written. */
  readonly role?: string | undefined;
}

export interface RecallOptions {
  /** The most notes that are wanted. @default 5 */
  readonly limit?: number | undefined;
  /** Ends the search. @default never */
  readonly signal?: AbortSignal | undefined;
}

/** Keeps notes and finds them again. An agent that has one is shown what bears on its task, and keeps its answers in it. */
export interface Memory {
  /** Resolves once the note is kept. */
  readonly remember: (note: Note) => Promise<void>;
  /** What bears on `query`, best first. */
  readonly recall: (query: string, options?: RecallOptions) => Promise<readonly Note[]>;
}

/** Checks the memory of an agent. */
export function takeMemory(owner: string, memory: unknown): Memory | undefined {
  if (memory === undefined) return undefined;
  const { remember, recall } = (memory ?? {}) as Partial<Memory>;
  if (typeof remember !== 'function' || typeof recall !== 'function') {
    throw invalid(owner, 'memory', memory, 'a Memory, with remember and recall, such as createMemory() makes');
  }
  return memory as Memory;
}
