#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import { exitCodes } from './exit-codes.ts';
import { endWithOutputs } from './output-errors.ts';
import { run } from './run.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(exitCodes.interrupted); // the second time, somebody is in a hurry
    stop.abort();
  });
}
// In the form of our own warnings, not of Node's.
process.removeAllListeners('warning');
process.on('warning', ({ message }) => void process.stderr.write(`warning: ${message}\n`));
endWithOutputs(process, (exitCode) => process.exit(exitCode));

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question, { signal: stop.signal });
  } finally {
    terminal.close();
  }
}

function onHangup(listener: () => void): () => void {
  process.on('SIGHUP', listener);
  return () => void process.off('SIGHUP', listener);
}

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: stop.signal,
  onHangup,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
});
// What a crew's module has left open, such as a pool of connections, is no reason to stay.
setTimeout(() => process.exit(), 2_000).unref();
