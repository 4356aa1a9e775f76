import { dirname } from 'node:path';
import { shown } from './check-options.ts';
import { files } from './files.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Writes beside the file and renames: whoever reads it never sees half of it. What is there and no plain file (a link, a pipe,
 * a device) is written to as it stands: a rename would put a file in its place.
 *
 * @throws {TypeError} when the path is none.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  if (typeof path !== 'string' || path === '') throw new TypeError(`path: ${shown(path)} is not the path of a file`);
  const { lstat, rename, rm, writeFile } = files();
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;

  await makeFolder(dirname(path));
  const place = await lstat(path).catch(() => undefined); // what cannot be looked at cannot be written either
  if (place && !place.isFile()) return writeFile(path, text);
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
