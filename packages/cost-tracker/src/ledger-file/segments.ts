import { join } from 'node:path';
import { files } from '../files.ts';
import { makeFolder, makeFolderNow } from '../make-folder.ts';

// Taken, not imported: the module of this name would load Node's streams for everybody.
const { appendFileSync, closeSync, fdatasyncSync, fsyncSync, openSync } = process.getBuiltinModule('node:fs');

/** For the owner alone: rows tell who works on what. */
const fileMode = 0o600;
const folderMode = 0o700;

/** The files of one writer in a folder: nobody else appends to them, so lines never mix. No file stays open: one that was moved away is made anew. */
export class Segments {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** What the names of these files begin with, and of no others: moment, process and chance. */
  readonly prefix: string;
  #number = 1;
  /** Of the present file. */
  #bytes = 0;

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    const moment = new Date().toISOString().replaceAll(':', '-');
    this.prefix = `${moment}-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
  }

  /** Appends, and returns when it is on the disk. */
  async append(parts: readonly Buffer[]): Promise<void> {
    if (parts.length === 0) return;
    const { path, isNew } = this.#place(parts);
    try {
      if (isNew) await makeFolder(this.#folder, folderMode);
      const file = await files().open(path, 'a', fileMode);
      try {
        for (const part of parts) await file.appendFile(part);
        await file.datasync();
      } finally {
        await file.close();
      }
      if (isNew) await syncFolder(this.#folder);
    } catch (error) {
      this.turnPage();
      throw error;
    }
  }

  /** The same, in one step. */
  appendSync(parts: readonly Buffer[]): void {
    if (parts.length === 0) return;
    const { path, isNew } = this.#place(parts);
    try {
      if (isNew) makeFolderNow(this.#folder, folderMode);
      const file = openSync(path, 'a', fileMode);
      try {
        for (const part of parts) appendFileSync(file, part);
        fdatasyncSync(file);
      } finally {
        closeSync(file);
      }
      if (isNew) syncFolderNow(this.#folder);
    } catch (error) {
      this.turnPage();
      throw error;
    }
  }

  /** What follows goes into a new file: nothing is ever appended to a line that may be broken. */
  turnPage(): void {
    this.#number += 1;
    this.#bytes = 0;
  }

  #place(parts: readonly Buffer[]): { path: string; isNew: boolean } {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) this.turnPage();
    const isNew = this.#bytes === 0;
    this.#bytes += bytes;
    return { path: join(this.#folder, `${this.prefix}-${String(this.#number).padStart(4, '0')}.jsonl`), isNew };
  }
}

/** The name of a new file is on the disk only after this; where folders cannot be opened, that is up to the system. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await files().open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function syncFolderNow(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
