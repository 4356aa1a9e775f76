import { spawn, type ChildProcess } from 'node:child_process';
import { codeOf } from '../config-file.ts';
import type { Io } from '../io.ts';

/** For when we are killed without a word: a shell that reads from us until nobody is there, and then ends the server. */
export function endsWithUs({ pid }: Pick<ChildProcess, 'pid'>, stderr: Io['stderr'], shell: string = '/bin/sh'): () => void {
  if (pid === undefined) return () => undefined;
  const guard = spawn(shell, ['-c', `read _; kill ${pid}`], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.once('error', (error) => {
    stderr.write(
      `warning: ${shell} cannot be started (${codeOf(error)}). Should this command be killed by force, the Restate server goes on: kill ${pid}\n`,
    );
  });
  return () => void guard.kill('SIGKILL');
}
