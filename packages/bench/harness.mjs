// Runs subjects against each other: each in processes of its own, pinned away from the upstream, in turns that change their order.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';

export const isFull = process.argv.includes('--full');
const canPin = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0;

function start(core, file, args, execArgv = []) {
  const child = fork(new URL(file, import.meta.url), args, { execArgv });
  if (canPin) spawnSync('taskset', ['-a', '-cp', String(core), String(child.pid)]);
  return child;
}

/** A subject that hangs is an error, not a benchmark that never ends. */
const longestMs = isFull ? 600_000 : 120_000;

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];

/**
 * Measures every subject of a file. `calls` and `rounds` are of the short form, which is for a look; the published figures are of the full one.
 *
 * @returns {Promise<Record<string, { cpuUs: number, residentMb: number, wallMs: number, peakMb: number }>>} the medians
 */
export async function measure(file, names, { calls, rounds, concurrency }) {
  const upstream = start(1, 'upstream.mjs', []);
  const [port] = await once(upstream, 'message');
  const taken = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const args = [file, name, `http://127.0.0.1:${port}`, String(calls), String(concurrency)];
      const worker = start(0, 'worker.mjs', args, ['--expose-gc']);
      const limit = setTimeout(() => worker.kill('SIGKILL'), longestMs);
      const [sample] = await Promise.race([once(worker, 'message'), failed(worker, name)]);
      clearTimeout(limit);
      taken[name].push(sample);
    }
  }
  upstream.kill();
  const figures = ['cpuUs', 'residentMb', 'wallMs', 'peakMb'];
  return Object.fromEntries(
    names.map((name) => [name, Object.fromEntries(figures.map((figure) => [figure, medianOf(taken[name], figure)]))]),
  );
}

function medianOf(samples, key) {
  return median(samples.map((sample) => sample[key]));
}

async function failed(worker, name) {
  const [code, signal] = await once(worker, 'exit');
  if (code !== 0)
    throw new Error(`${name} could not be measured (${signal ? `it took longer than ${longestMs} ms` : `exit code ${code}`})`);
  return new Promise(() => {}); // it has said what it had to say
}

/** Prints rows of `[name, value, …]` under a title, the columns of numbers to the right. */
export function print(title, columns, rows) {
  const table = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  const line = (row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[at]))).join('  ');
  const method = `Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}${canPin ? '' : ', not pinned'}${isFull ? '' : ', short form: --full for figures to quote'}`;
  console.log(`\n${title} (${method})\n${table.map(line).join('\n')}`);
}

/** `0.43x`, with what it should be at most. */
export function ratio(value, base) {
  return `${(value / base).toFixed(2)}x`;
}
