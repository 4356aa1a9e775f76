import { dirname } from 'node:path';
import { shown } from './check-options.ts';
import { files } from './files.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Writes beside the file and renames: whoever reads it never sees half of it. A link stays one, and what is there and no plain
 * file (a pipe, a device) is written to as it stands: a rename would put a file in its place.
 *
 * @throws {TypeError} when the path is none.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  if (typeof path !== 'string' || path === '') throw new TypeError(`path: ${shown(path)} is not the path of a file`);
  const { lstat, realpath, rename, rm, writeFile } = files();
  await makeFolder(dirname(path));
  const file = await realpath(path).catch(() => path); // a link may lead to nothing yet
  const place = await lstat(file).catch(() => undefined); // what cannot be looked at cannot be written either
  if (place && !place.isFile()) return writeFile(file, text);

  const temporary = `${file}.${crypto.randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
