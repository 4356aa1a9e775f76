/** Where a task's answer is written: whole or not at all, and never outside the root folder. */
import { basename, dirname, join, resolve, sep, win32 } from 'node:path';
import { files } from './files.ts';
import { invalid, requireText } from './check.ts';
import { makeFolder } from './make-folder.ts';

/** What shells expand or redirect, and what no file system takes. */
const forbidden = /[$|<>;&`*?"'\0\r\n]/;

/** @throws {TypeError} for a path that leads, or could lead, out of the root folder. Absolute paths are among them. */
export function checkOutputPath(owner: string, path: unknown): asserts path is string {
  requireText(owner, 'outputFile', path);
  const file = path as string;
  const segments = file.split(/[/\\]/);
  const leaves = win32.isAbsolute(file) || /^[a-z]:/i.test(file) || segments.includes('..') || file.startsWith('~');
  const isFolder = ['', '.'].includes((segments.at(-1) ?? '').trim());
  if (leaves || isFolder || forbidden.test(file)) {
    throw invalid(
      owner,
      'outputFile',
      path,
      'the path of a file inside the root folder: relative, without "..", "~" and what a shell would expand',
    );
  }
}

export interface OutputPlace {
  readonly root: string;
  readonly path: string;
  readonly createFolder: boolean;
}

/** Writes beside the file and renames, so that a reader sees the old text or the new one. */
export async function writeOutput({ root, path, createFolder }: OutputPlace, text: string): Promise<void> {
  const file = join(root, path);
  const folder = dirname(file);
  if (createFolder) await makeFolder(root);
  const realRoot = await files().realpath(root);
  if (createFolder) {
    requireInside(realRoot, await nearestReal(folder), path);
    await makeFolder(folder);
  }
  const realFolder = await files().realpath(folder);
  requireInside(realRoot, realFolder, path);

  const temporary = join(realFolder, `.${basename(file)}.${crypto.randomUUID()}.tmp`);
  try {
    const handle = await files().open(temporary, 'wx');
    try {
      await handle.writeFile(text, 'utf8');
      await handle.sync();
    } finally {
      await handle.close();
    }
    await files().rename(temporary, join(realFolder, basename(file)));
  } catch (error) {
    await files().rm(temporary, { force: true });
    throw error;
  }
}

/** Follows links: a folder that is one may lead anywhere. */
async function nearestReal(folder: string): Promise<string> {
  try {
    return await files().realpath(folder);
  } catch (error) {
    const parent = dirname(resolve(folder));
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error;
    return nearestReal(parent);
  }
}

function requireInside(realRoot: string, realFolder: string, path: string): void {
  const within = realRoot.endsWith(sep) ? realRoot : realRoot + sep;
  if (realFolder !== realRoot && !realFolder.startsWith(within)) {
    throw new Error(`"${path}" leads out of the root folder, through a link`);
  }
}
