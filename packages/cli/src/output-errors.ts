import type { EventEmitter } from 'node:events';
import { codeOf } from './config-file.ts';
import { exitCodes } from './exit-codes.ts';

interface Outputs {
  readonly stdout: EventEmitter;
  readonly stderr: EventEmitter & { write(text: string): unknown };
}

/** Ends the process when stdout takes nothing more: in silence where its reader has seen enough, as `head` has. */
export function endWithOutputs({ stdout, stderr }: Outputs, exit: (exitCode: number) => void): void {
  stdout.on('error', (error) => {
    if (codeOf(error) === 'EPIPE') return exit(exitCodes.fine);
    stderr.write(`error: stdout cannot be written (${codeOf(error)}). Send it to a place that has room.\n`);
    exit(exitCodes.unusable);
  });
  stderr.on('error', () => undefined); // there is nobody left to tell, and what the command does goes on
}
