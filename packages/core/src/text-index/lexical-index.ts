/** Texts by their words: BM25 and near spellings, by `minisearch`. */
import type { default as MiniSearch } from 'minisearch';
import { loadPeer } from '../load-peer.ts';
import type { IndexedText, TextIndex } from './text-index.ts';

export function lexicalIndex(owner: string): TextIndex {
  let opened: Promise<MiniSearch<IndexedText>> | undefined;
  const index = (): Promise<MiniSearch<IndexedText>> => (opened ??= openIndex(owner));

  return {
    add: async (texts) => (await index()).addAll(texts),
    remove: async (id) => (await index()).discard(id),
    search: async (query, limit) => {
      // A task has many words, and a text few of them.
      const found = (await index()).search(query, { combineWith: 'OR', tokenize: termsOf });
      return found.slice(0, limit).map(({ id }) => Number(id));
    },
  };
}

/** Shorter words are found only as they are: nearly every word begins with, or resembles, some short one. */
const shortWord = 4;

function isLong(term: string): boolean {
  return term.length > shortWord;
}

/** Each piece that a segmenter gives holds all that it was given: a long text at once would take gigabytes. */
const shortText = /[\s\S]{1,250}(?!\S)|[\s\S]{1,250}/gu;

function wordsOf(text: string): string[] {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' }); // knows words where no spaces divide them
  const words: string[] = [];
  for (const [part] of text.matchAll(shortText)) {
    for (const { segment, isWordLike } of segmenter.segment(part)) if (isWordLike) words.push(segment);
  }
  return words;
}

/** Near spellings are looked for one word at a time: of a query that holds a whole book, what stands around it has to do. */
const mostTerms = 500;

function termsOf(query: string): string[] {
  const terms = [...new Set(wordsOf(query))];
  return terms.length <= mostTerms ? terms : [...terms.slice(0, mostTerms / 2), ...terms.slice(-mostTerms / 2)];
}

async function openIndex(owner: string): Promise<MiniSearch<IndexedText>> {
  const module = await loadPeer(owner, 'minisearch', () => import('minisearch'));
  return new module.default<IndexedText>({
    fields: ['text'],
    tokenize: wordsOf,
    searchOptions: { prefix: isLong, fuzzy: (term) => (isLong(term) ? 0.2 : false) },
  });
}
