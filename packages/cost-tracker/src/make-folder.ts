import { dirname, resolve } from 'node:path';
import { files } from './files.ts';

// Taken, not imported: the module of this name would load Node's streams for everybody.
const { existsSync, mkdirSync } = process.getBuiltinModule('node:fs');

/**
 * Makes a folder and all above it, and leaves a file that is in the way to whoever writes there. Step by step: asked for
 * all of a path at once, Node tries for ever where no folder can be made, as below `/proc`.
 */
export async function makeFolder(folder: string, mode: number = 0o777): Promise<void> {
  const path = resolve(folder);
  if (await isThere(path)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path), mode);
  try {
    await files().mkdir(path, { mode });
  } catch (error) {
    if (!(await isThere(path))) throw error; // or somebody else was quicker
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await files().access(path);
    return true;
  } catch {
    return false; // why not, is said by whoever tries to make it
  }
}

/** The same, in one step. */
export function makeFolderNow(folder: string, mode: number): void {
  const path = resolve(folder);
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolderNow(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}
