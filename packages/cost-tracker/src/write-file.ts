import { dirname } from 'node:path';
import { shown } from './check-options.ts';
import { files } from './files.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Writes beside the file and renames: whoever reads it never sees half of it.
 *
 * @throws {TypeError} when the path is none.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  if (typeof path !== 'string' || path === '') throw new TypeError(`path: ${shown(path)} is not the path of a file`);
  const { rename, rm, writeFile } = files();
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;

  await makeFolder(dirname(path));
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
