// Runs subjects against each other: in processes of their own, pinned away from the upstream, in turns that change their order.
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

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];

/**
 * Measures every subject of a file. All of them are alive, and take turns of a second or less: a machine that changes its speed changes it for
 * all. `calls` and `rounds` are of the short form, which is for a look; the published figures are of the full one.
 * Each has a process to itself, unless they are `together`: two processes of one subject differ by some hundredths, as they lie in memory.
 *
 * @returns the medians of every subject by its name, and `of`: what one takes of what another does, as the median of their rounds.
 */
export async function measure(file, names, { warm, calls, rounds, concurrency, together = false }) {
  const upstream = start(1, 'upstream.mjs', []);
  const [port] = await once(upstream, 'message');
  const subjects = [];
  const startWorker = () => start(0, 'worker.mjs', [file, `http://127.0.0.1:${port}`, String(concurrency)], ['--expose-gc']);
  const shared = together ? startWorker() : undefined;
  for (const name of names) {
    const worker = shared ?? startWorker();
    subjects.push({ name, worker, taken: [] });
    await turn(worker, name, warm);
  }
  for (let round = 0; round < rounds; round++) {
    for (const { name, worker, taken } of round % 2 === 0 ? subjects : subjects.toReversed()) {
      taken.push(await turn(worker, name, calls));
    }
  }
  for (const { worker } of subjects) worker.kill('SIGKILL');
  upstream.kill();
  const taken = Object.fromEntries(subjects.map((subject) => [subject.name, subject.taken]));
  const medians = Object.fromEntries(names.map((name) => [name, mediansOf(taken[name])]));
  const of = (name, base, figure = 'cpuUs') => ofBase(taken[name], taken[base], figure);
  return { medians, of };
}

/** `calls` of one subject. Warming up is a turn that nobody looks at. */
async function turn(worker, name, calls) {
  const limit = setTimeout(() => worker.kill('SIGKILL'), longestMs);
  const ended = new AbortController();
  worker.send({ name, calls });
  const [sample] = await Promise.race([once(worker, 'message', { signal: ended.signal }), failed(worker, name, ended.signal)]);
  ended.abort(); // or else each turn would leave a listener
  clearTimeout(limit);
  return sample;
}

function mediansOf(samples) {
  return Object.fromEntries(Object.keys(samples[0]).map((figure) => [figure, median(samples.map((sample) => sample[figure]))]));
}

/** Each round of one against the same round of the other: `0.43x`. */
export function ofBase(samples, bases, figure) {
  return `${median(samples.map((sample, round) => sample[figure] / bases[round][figure])).toFixed(2)}x`;
}

async function failed(worker, name, signal) {
  const [code, killedBy] = await once(worker, 'exit', { signal }).catch(() => [0]);
  if (code === 0) return new Promise(() => {}); // it has said what it had to say
  throw new Error(`${name} could not be measured (${killedBy ? `it took longer than ${longestMs} ms` : `exit code ${code}`})`);
}

/** Prints rows of `[name, value, …]` under a title, the columns of numbers to the right. */
export function print(title, columns, rows) {
  const table = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  const line = (row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[at]))).join('  ');
  const method = `Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}${canPin ? '' : ', not pinned'}${isFull ? '' : ', short form: --full for figures to quote'}`;
  console.log(`\n${title} (${method})\n${table.map(line).join('\n')}`);
}
