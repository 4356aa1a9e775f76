/** Knowledge from text and Markdown files. */
import { readFileSync } from 'node:fs';
import { untilAborted } from '../abort.ts';
import { invalid, requireAtLeast, requireListOfTexts, requireText } from '../check.ts';
import { requireOptions, type OptionNames } from '../option-names.ts';
import type { Knowledge, Passage } from '../knowledge.ts';
import type { Embed } from '../text-index/embedded-index.ts';
import { createTextIndex } from '../text-index/text-index.ts';
import { chunksOf } from './chunks.ts';

export type { Knowledge, Passage, SearchOptions } from '../knowledge.ts';
export type { Embed } from '../text-index/embedded-index.ts';

export interface KnowledgeOptions {
  /** Paths of texts in UTF-8, read at once. `.md` and `.markdown` are cut along their headings. @default [] */
  readonly files?: readonly string[] | undefined;
  /** Texts that are in no file, and where they are from. They are cut as Markdown is. @default [] */
  readonly texts?: readonly Passage[] | undefined;
  /** The longest passage, in characters. @default 1_200 */
  readonly passageCharacters?: number | undefined;
  /** Finds passages by meaning, with the vectors of an embeddings model. @default by their words, with `minisearch` */
  readonly embed?: Embed | undefined;
}

const knowledgeOptions: OptionNames<KnowledgeOptions> = {
  files: true,
  texts: true,
  passageCharacters: true,
  embed: true,
};

/**
 * Reads texts, and finds the passages that bear on a task. Without `embed` it needs the package `minisearch`.
 *
 * @example
 * const support = new Agent({
 *   role: 'Support',
 *   goal: 'Answer {question}',
 *   backstory: 'You know the handbook.',
 *   knowledge: createKnowledge({ files: ['handbook.md'] }),
 * });
 *
 * @throws {TypeError} when an option is not valid, or a file cannot be read.
 */
export function createKnowledge(options: KnowledgeOptions): Knowledge {
  const owner = 'createKnowledge';
  requireOptions(owner, options, knowledgeOptions);
  const { files = [], texts = [], passageCharacters = 1_200, embed } = options;
  requireListOfTexts(owner, 'files', files);
  requireAtLeast(owner, 'passageCharacters', passageCharacters, 100);
  const given = [...files.map((path, index) => readText(owner, index, path)), ...givenTexts(owner, texts)];
  if (given.length === 0) throw new TypeError(`${owner}: files and texts are both empty, and one of them has to hold something`);
  const index = createTextIndex(owner, embed);
  const passages = given.flatMap(({ source, text, markdown }) => chunksOf(source, text, markdown, passageCharacters));

  let indexed: Promise<void> | undefined;
  const whenIndexed = (): Promise<void> => {
    // Shared by all runs: no run's signal ends it. What failed is tried again by the next search.
    indexed ??= index
      .add(passages.map(({ source, text }, id) => ({ id, text: `${source}\n${text}` })))
      .catch((error: unknown) => {
        indexed = undefined;
        throw error;
      });
    return indexed;
  };
  return Object.freeze<Knowledge>({
    search: async (query, { limit = 5, signal } = {}) => {
      await untilAborted(whenIndexed(), signal);
      const ids = await untilAborted(index.search(query, limit, signal), signal);
      return ids.flatMap((id) => passages[id] ?? []);
    },
  });
}

interface GivenText extends Passage {
  readonly markdown: boolean;
}

function readText(owner: string, index: number, path: string): GivenText {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
    return { source: path, text: text.replaceAll('\r\n', '\n'), markdown: /\.(md|markdown)$/i.test(path) };
  } catch (cause) {
    const { code } = cause as { code?: string };
    const found = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'not in UTF-8' : (code ?? 'unreadable');
    throw new TypeError(`${owner}: files[${index}] is ${JSON.stringify(path)} (${found}), and has to be a text file in UTF-8`, {
      cause,
    });
  }
}

function givenTexts(owner: string, texts: unknown): GivenText[] {
  if (!Array.isArray(texts)) throw invalid(owner, 'texts', texts, 'an array of objects with source and text');
  return texts.map((entry: Partial<Passage> | null, index) => {
    const { source, text } = entry ?? {};
    requireText(owner, `texts[${index}].source`, source);
    requireText(owner, `texts[${index}].text`, text);
    return { source: source as string, text: (text as string).replaceAll('\r\n', '\n'), markdown: true };
  });
}
