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
      const found = (await index()).search(query, { combineWith: 'OR' }); // a task has many words, and a text few of them
      return found.slice(0, limit).map(({ id }) => Number(id));
    },
  };
}

/** Shorter words are found only as they are: nearly every word begins with, or resembles, some short one. */
const shortWord = 4;

function isLong(term: string): boolean {
  return term.length > shortWord;
}

async function openIndex(owner: string): Promise<MiniSearch<IndexedText>> {
  const module = await loadPeer(owner, 'minisearch', () => import('minisearch'));
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' }); // knows words where no spaces divide them
  return new module.default<IndexedText>({
    fields: ['text'],
    tokenize: (text) => Array.from(segmenter.segment(text)).flatMap(({ segment, isWordLike }) => (isWordLike ? segment : [])),
    searchOptions: { prefix: isLong, fuzzy: (term) => (isLong(term) ? 0.2 : false) },
  });
}
