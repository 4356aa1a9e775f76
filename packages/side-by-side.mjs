// Runs checks side by side and counts them: each is a title and a function that throws when the check fails.
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What a command printed; it throws when the command fails. */
export async function run(command, args, cwd) {
  const { stdout } = await execute(command, args, { cwd, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

export function expect(condition, message) {
  if (!condition) throw new Error(message);
}

/** The same promise for all who ask, made when the first does. */
export function once(make) {
  let made;
  return () => (made ??= make());
}

/** Starts the checks in order, as many at a time as there are cores, and prints each outcome and how many passed and failed. */
export async function runChecks(checks) {
  const waiting = [...checks];
  let failed = 0;
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) if (!(await passes(next))) failed += 1;
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  return failed === 0;
}

async function passes({ title, prove }) {
  const started = performance.now();
  try {
    await prove();
    console.log(`ok      ${title} (${((performance.now() - started) / 1_000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    // What a command printed itself says more than that it failed.
    console.log(`FAILED  ${title}\n${error.stdout ?? ''}${error.stderr ?? ''}${error.stdout ? '' : error.message}`);
    return false;
  }
}
