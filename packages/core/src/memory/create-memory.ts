/** Notes that are found again: in this process, and in a file if there is one. */
import { untilAborted } from '../abort.ts';
import { requireCount, requireText } from '../check.ts';
import { requireOptions, type OptionNames } from '../option-names.ts';
import type { Memory, Note } from '../memory.ts';
import type { Embed } from '../text-index/embedded-index.ts';
import { createTextIndex, type TextIndex } from '../text-index/text-index.ts';
import { noteFile, type NoteFile } from './note-file.ts';

export type { Memory, Note, RecallOptions } from '../memory.ts';
export type { Embed } from '../text-index/embedded-index.ts';

export interface MemoryOptions {
  /** Keeps the notes in this file (mode 0600), which one process at a time may own. @default in this process alone */
  readonly file?: string | undefined;
  /** Beyond these the oldest notes are forgotten. @default 1_000 */
  readonly maxNotes?: number | undefined;
  /** Of a longer text the beginning is kept. @default 4_000 */
  readonly maxNoteCharacters?: number | undefined;
  /** Finds notes by meaning, with the vectors of an embeddings model. @default by their words, with `minisearch` */
  readonly embed?: Embed | undefined;
}

const memoryOptions: OptionNames<MemoryOptions> = {
  file: true,
  maxNotes: true,
  maxNoteCharacters: true,
  embed: true,
};

/**
 * A bounded memory. Without `embed` it needs the package `minisearch`.
 *
 * @example
 * const memory = createMemory({ file: './memory.jsonl' });
 * const analyst = new Agent({ role: 'Analyst', goal: 'Judge {company}', backstory: 'You never forget.', memory });
 *
 * @throws {TypeError} when an option is not valid.
 */
export function createMemory(options: MemoryOptions = {}): Memory {
  const owner = 'createMemory';
  requireOptions(owner, options, memoryOptions);
  const { file, maxNotes = 1_000, maxNoteCharacters = 4_000, embed } = options;
  if (file !== undefined) requireText(owner, 'file', file);
  requireCount(owner, 'maxNotes', maxNotes);
  requireCount(owner, 'maxNoteCharacters', maxNoteCharacters);
  const notes = new Notes(createTextIndex(owner, embed), file === undefined ? undefined : noteFile(file), maxNotes);

  return Object.freeze<Memory>({
    remember: async (note) => {
      requireText('remember', 'text', (note as Partial<Note> | null)?.text);
      await notes.keep(shortened(note, maxNoteCharacters));
    },
    recall: (query, { limit = 5, signal } = {}) => untilAborted(notes.find(query, limit, signal), signal),
  });
}

function shortened({ text, task, role }: Note, longest: number): Note {
  const kept = text.length > longest ? `${text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
  return { text: kept, ...(task !== undefined && { task }), ...(role !== undefined && { role }) };
}

/** One thing is done at a time, in the order it was asked for. */
class Notes {
  readonly #index: TextIndex;
  readonly #file: NoteFile | undefined;
  readonly #most: number;
  readonly #notes = new Map<number, Note>();
  readonly #ids = new Map<string, number>();
  #nextId = 0;
  #linesInFile = 0;
  #loaded = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(index: TextIndex, file: NoteFile | undefined, most: number) {
    this.#index = index;
    this.#file = file;
    this.#most = most;
  }

  keep(note: Note): Promise<void> {
    return this.#inTurn(async () => {
      await this.#load();
      await this.#file?.append(note);
      this.#linesInFile += 1;
      await this.#take([note]);
      // The file may hold twice what is kept, so that it is rewritten once in so many notes, not at each.
      if (this.#file && this.#linesInFile > 2 * this.#most) {
        await this.#file.replace([...this.#notes.values()]);
        this.#linesInFile = this.#notes.size;
      }
    });
  }

  find(query: string, limit: number, signal: AbortSignal | undefined): Promise<readonly Note[]> {
    return this.#inTurn(async () => {
      signal?.throwIfAborted();
      await this.#load();
      const ids = await this.#index.search(query, limit, signal);
      return ids.flatMap((id) => this.#notes.get(id) ?? []);
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined); // its caller is told; the next in turn is not held up
    return result;
  }

  async #load(): Promise<void> {
    if (this.#loaded) return;
    const notes = (await this.#file?.load()) ?? [];
    await this.#take(notes);
    this.#linesInFile = notes.length;
    this.#loaded = true;
  }

  /** The same note again is the same note, and now the newest. */
  async #take(notes: readonly Note[]): Promise<void> {
    const fresh = new Map(notes.slice(-this.#most).map((note) => [JSON.stringify(note), note]));
    const entries = [...fresh].map(([key, note]) => ({ key, note, id: this.#nextId++ }));
    await this.#index.add(entries.map(({ id, note }) => ({ id, text: `${note.task ?? ''}\n${note.text}` })));
    for (const { key, note, id } of entries) {
      const before = this.#ids.get(key);
      if (before !== undefined) await this.#forget(before, key);
      this.#notes.set(id, note);
      this.#ids.set(key, id);
    }
    for (const [id, note] of this.#notes) {
      if (this.#notes.size <= this.#most) break;
      await this.#forget(id, JSON.stringify(note));
    }
  }

  async #forget(id: number, key: string): Promise<void> {
    this.#notes.delete(id);
    this.#ids.delete(key);
    await this.#index.remove(id);
  }
}
