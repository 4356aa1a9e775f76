import { dirname, resolve } from 'node:path';
import { files } from './files.ts';

// Taken, not imported: the module of this name would load Node's streams for everybody.
const { existsSync, mkdirSync } = process.getBuiltinModule('node:fs');

/**
 * Makes a folder and all above it, and leaves a file that is in the way to whoever writes there. Step by step: asked for
 * all of a path at once, Node tries for ever where no folder can be made, as below `/proc`. Nothing is asked of a folder above
 * unless it has to be made: under `node --permission` that would be refused.
 */
export async function makeFolder(folder: string, mode: number = 0o777): Promise<void> {
  const path = resolve(folder);
  const failure = await failureToMake(path, mode);
  if (!failure) return;
  if (failure.code !== 'ENOENT' || dirname(path) === path) throw failure;
  await makeFolder(dirname(path), mode);
  const again = await failureToMake(path, mode);
  if (again) throw again;
}

async function failureToMake(path: string, mode: number): Promise<NodeJS.ErrnoException | undefined> {
  const { access, mkdir } = files();
  try {
    await mkdir(path, { mode });
    return undefined;
  } catch (error) {
    return access(path).then(
      () => undefined, // it was there, or somebody else was quicker
      () => error as NodeJS.ErrnoException,
    );
  }
}

/** The same, in one step. */
export function makeFolderNow(folder: string, mode: number): void {
  const path = resolve(folder);
  const failure = failureToMakeNow(path, mode);
  if (!failure) return;
  if (failure.code !== 'ENOENT' || dirname(path) === path) throw failure;
  makeFolderNow(dirname(path), mode);
  const again = failureToMakeNow(path, mode);
  if (again) throw again;
}

function failureToMakeNow(path: string, mode: number): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(path, { mode });
    return undefined;
  } catch (error) {
    return existsSync(path) ? undefined : (error as NodeJS.ErrnoException);
  }
}
