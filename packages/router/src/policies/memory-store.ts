import { checkOptions, countFromOne } from '../options-check.ts';
import type { CacheStore } from './cache-store.ts';

export interface MemoryStoreOptions {
  /** Bytes that all entries may take; those not read for longest make room for new ones. @default 67_108_864 (64 MiB) */
  readonly maxBytes?: number | undefined;
}

/** One of a ring of entries, in the order in which they were last used. */
interface Link {
  older: Link;
  newer: Link;
}

interface Entry extends Link {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** On the clock of `performance.now()`. */
  readonly expiresAt: number;
}

const toUtf8 = new TextEncoder();
const utf8 = new TextDecoder();
const bytesPerEntry = 512; // its key, its place in the map, its buffer: more than is needed, so that the bound holds

/** Keeps answers in this process. One store may serve several caches. */
export function memoryStore(options: MemoryStoreOptions = {}): CacheStore {
  checkOptions('memoryStore', options, { maxBytes: countFromOne });
  const { maxBytes = 64 * 1024 * 1024 } = options;
  const entries = new Map<string, Entry>();
  // Not the order of the map itself: to find the first of a map that has lost many takes a walk over their graves.
  const ends = {} as Link;
  ends.older = ends.newer = ends; // its `newer` is the oldest of all
  let held = 0;
  const isOverfull = (): boolean => held > maxBytes;

  const remove = (entry: Entry): void => {
    entries.delete(entry.key);
    unlink(entry);
    held -= sizeOf(entry);
  };

  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (entry.expiresAt <= performance.now()) return remove(entry);
      unlink(entry);
      append(entry, ends);
      return utf8.decode(entry.bytes);
    },
    set(key, value, ttlMs) {
      const old = entries.get(key);
      if (old) remove(old);
      // As UTF-8, since that can be counted: how many bytes the engine takes for a string, it does not say.
      const bytes = toUtf8.encode(value);
      const entry: Entry = { key, bytes, expiresAt: performance.now() + ttlMs, older: ends, newer: ends };
      if (sizeOf(entry) > maxBytes) return;
      entries.set(key, entry);
      append(entry, ends);
      held += sizeOf(entry);
      while (isOverfull()) remove(ends.newer as Entry);
    },
    delete(key) {
      const entry = entries.get(key);
      if (entry) remove(entry);
    },
  };
}

function unlink({ older, newer }: Link): void {
  older.newer = newer;
  newer.older = older;
}

function append(link: Link, ends: Link): void {
  link.older = ends.older;
  link.newer = ends;
  ends.older.newer = link;
  ends.older = link;
}

function sizeOf({ bytes }: Entry): number {
  return bytes.byteLength + bytesPerEntry;
}
