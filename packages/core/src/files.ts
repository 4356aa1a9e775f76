import type * as Files from 'node:fs/promises';

/** Node's functions for files, taken when the first is needed: a program that imports them starts up to 2 ms later. */
export function files(): typeof Files {
  return process.getBuiltinModule('node:fs/promises');
}
