import { CommanderError } from 'commander';
import { CommandError, exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { paintFor } from './paint.ts';
import { programOf } from './program.ts';

/**
 * Runs one command, and resolves to its exit code. It never ends the process.
 *
 * @throws what is a bug of ours: everything else is said on stderr, with an exit code.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = exitCodes.fine;
  const program = programOf(io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.unusable;
    if (io.signal.aborted) return exitCodes.interrupted;
    if (!(error instanceof CommandError)) throw error;
    io.stderr.write(`${paintFor(io.stderr, io.env).red('error')}: ${error.message}\n`);
    return exitCodes.unusable;
  }
}
