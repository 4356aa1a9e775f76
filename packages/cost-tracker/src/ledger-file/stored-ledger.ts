import { join } from 'node:path';
import { files } from '../files.ts';
import type { LedgerRow } from '../row.ts';
import { IdSet } from './id-set.ts';
import { rowOf } from './row-line.ts';

/** Lines of a ledger that are no rows. */
export interface SkippedLines {
  /** Half written, when a process was killed or a disk was full. */
  broken: number;
  /** Written by a later edition of this package. */
  newer: number;
}

interface Segment {
  readonly path: string;
  /** What is appended after the ledger was opened is not read. */
  readonly bytes: number;
}

/** A ledger on disk, as it was when it was opened. Rows are read as they are asked for: it may be larger than memory. */
export class StoredLedger {
  readonly #segments: readonly Segment[];

  private constructor(segments: readonly Segment[]) {
    this.#segments = segments;
  }

  /** `path` is a folder, or one of its files; files whose names begin with `except` are left out. Rejects when there is neither. */
  static async open(path: string, except?: string): Promise<StoredLedger> {
    const { stat } = files();
    const names = (await stat(path)).isDirectory() ? await segmentNames(path, except) : undefined;
    const paths = names?.map((name) => join(path, name)) ?? [path];
    const segments = paths.map(async (each) => ({ path: each, bytes: (await stat(each)).size }));
    return new StoredLedger(await Promise.all(segments));
  }

  /** Every row once, in the order of writing within each process. Of rows with the same id, the last one counts. */
  async *rows(skipped: SkippedLines = { broken: 0, newer: 0 }): AsyncGenerator<LedgerRow> {
    const copies = await this.#copies();
    for await (const line of this.#lines()) {
      const row = rowOf(line);
      if (typeof row === 'string') {
        skipped[row] += 1;
        continue;
      }
      const left = copies.get(row.id) ?? 1;
      if (left === 1) yield row;
      else copies.set(row.id, left - 1);
    }
  }

  /** The ids that come more than once, and how often. */
  async #copies(): Promise<Map<string, number>> {
    const copies = new Map<string, number>();
    const ids = new IdSet();
    for await (const line of this.#lines()) {
      const row = rowOf(line);
      if (typeof row === 'string' || ids.add(row.id)) continue;
      copies.set(row.id, (copies.get(row.id) ?? 1) + 1);
    }
    return copies;
  }

  async *#lines(): AsyncGenerator<string> {
    for (const { path, bytes } of this.#segments) {
      if (bytes === 0) continue;
      let rest = '';
      for await (const chunk of process
        .getBuiltinModule('node:fs')
        .createReadStream(path, { encoding: 'utf8', end: bytes - 1 }) as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') yield line;
      }
      if (rest !== '') yield rest;
    }
  }
}

async function segmentNames(folder: string, except: string | undefined): Promise<string[]> {
  const names = await files().readdir(folder);
  const isOurs = (name: string): boolean => name.endsWith('.jsonl') && !(except !== undefined && name.startsWith(except));
  return names.filter(isOurs).toSorted();
}
