import { codeOf } from './config-file.ts';
import { CommandError } from './exit-codes.ts';

/** Waits until something is written; what the disk says against it is told without a stack. */
export async function written(path: string, writing: Promise<unknown>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if ((error as { syscall?: unknown } | null)?.syscall === undefined) throw error;
    throw new CommandError(`${path} cannot be written (${codeOf(error)}). Name a place where you may write.`, { cause: error });
  }
}
