import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes the folder of the ledger before the first request, and sees that files can be made in it: what is spent is not to be lost for
 * a slip in the configuration.
 *
 * @throws {TypeError} when it cannot be made, or nothing can be written there.
 */
export async function makeLedgerFolder(folder: string): Promise<void> {
  try {
    await makeFolder(resolve(folder));
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = String((error as { code?: unknown }).code ?? error);
    throw new TypeError(
      `general_settings.ledger is ${JSON.stringify(folder)}, where no ledger can be written (${code}): name a folder that this process may write to`,
      { cause: error },
    );
  }
}

/** Step by step: asked for all of a path below `/proc` at once, Node tries for ever. */
async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder));
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (!(await isFolder(folder))) throw error; // or somebody else was quicker
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // why not, is said by whoever tries to make it
  }
}
