/** Notes in a file, a line of JSON each, that survives a crash at any moment. It has one owner at a time. */
import { open, readFile, rename, truncate, type FileHandle } from 'node:fs/promises';
import type { Note } from '../memory.ts';

export interface NoteFile {
  /** The notes, oldest first. A last line that was torn is dropped: nobody was told that it was kept. */
  readonly load: () => Promise<readonly Note[]>;
  /** Resolves once the note is on disk. */
  readonly append: (note: Note) => Promise<void>;
  /** Puts these in the place of all that is there, at once or not at all. */
  readonly replace: (notes: readonly Note[]) => Promise<void>;
}

export function noteFile(path: string): NoteFile {
  let bytes = 0;
  return {
    load: async () => {
      const content = await readFile(path).catch(emptyIfMissing);
      bytes = content.lastIndexOf(newline) + 1;
      if (bytes < content.length) await truncate(path, bytes);
      const lines = content.subarray(0, bytes).toString('utf8').split('\n').slice(0, -1);
      return lines.map((line, index) => parse(line, `${path}:${index + 1}`));
    },
    append: async (note) => {
      const line = Buffer.from(lineOf(note));
      await withFile(path, 'a', async (file) => {
        if ((await file.stat()).size !== bytes) {
          throw new Error(`${path} was changed by someone else; a memory file has one owner at a time`);
        }
        try {
          await writeAll(file, line);
        } catch (error) {
          await file.truncate(bytes); // half a line would spoil the next one
          throw error;
        }
      });
      bytes += line.length;
    },
    replace: async (notes) => {
      const content = Buffer.from(notes.map(lineOf).join(''));
      const draft = `${path}.tmp`;
      await withFile(draft, 'w', (file) => writeAll(file, content));
      await rename(draft, path);
      bytes = content.length;
    },
  };
}

const newline = '\n'.charCodeAt(0);

function lineOf(note: Note): string {
  return `${JSON.stringify(note)}\n`;
}

async function withFile(path: string, flags: 'a' | 'w', use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, content: Buffer): Promise<void> {
  await file.writeFile(content);
  await file.datasync();
}

function emptyIfMissing(error: NodeJS.ErrnoException): Buffer {
  if (error.code === 'ENOENT') return Buffer.alloc(0);
  throw error;
}

function parse(line: string, place: string): Note {
  try {
    const { text, task, role } = JSON.parse(line) as Partial<Note>;
    if (typeof text === 'string') return { text, ...(task !== undefined && { task }), ...(role !== undefined && { role }) };
  } catch (cause) {
    throw new Error(`${place} is not a note; mend the line or take it out`, { cause });
  }
  throw new Error(`${place} is not a note, for it has no text; mend the line or take it out`);
}
