import { dirname, resolve } from 'node:path';
import { files } from './files.ts';

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
