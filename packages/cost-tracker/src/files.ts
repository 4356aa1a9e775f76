/** Node's functions for files, taken when the first is needed: a program that imports them starts 2 ms later. */
export function files(): typeof import('node:fs/promises') {
  return process.getBuiltinModule('node:fs/promises');
}
