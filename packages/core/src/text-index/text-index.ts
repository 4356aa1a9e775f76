/** Finds texts by what they are about. */
import { invalid } from '../check.ts';
import { embeddedIndex, type Embed } from './embedded-index.ts';
import { lexicalIndex } from './lexical-index.ts';

export interface IndexedText {
  readonly id: number;
  readonly text: string;
}

export interface TextIndex {
  readonly add: (texts: readonly IndexedText[]) => Promise<void>;
  readonly remove: (id: number) => Promise<void>;
  /** The ids of the texts that bear on `query`, best first. */
  readonly search: (query: string, limit: number, signal: AbortSignal | undefined) => Promise<readonly number[]>;
}

/** By meaning, when there is a function that puts meaning into numbers; else by words. */
export function createTextIndex(owner: string, embed: Embed | undefined): TextIndex {
  if (embed === undefined) return lexicalIndex(owner);
  if (typeof embed !== 'function') throw invalid(owner, 'embed', embed, 'a function from texts to their vectors');
  return embeddedIndex(owner, embed);
}
