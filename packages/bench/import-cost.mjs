// What importing each package adds to the start of a Node program, in milliseconds and MB of resident memory: the median, over rounds, of
// a fresh process with one import less a fresh process of the same round with none. It measures the built packages, as people install them,
// and beside them an empty file: what Node takes to load the first file of any program.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = 25;
const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-'));
const emptyFile = join(folder, 'empty.mjs');
writeFileSync(emptyFile, '');
const imports = {
  'an empty file': emptyFile,
  '@rolecall/core': '@rolecall/core',
  '@rolecall/router': '@rolecall/router',
  '@rolecall/cost-tracker': '@rolecall/cost-tracker',
};

/** Milliseconds since the process began, CPU time of it, and memory, of a program that does nothing but import. */
function start(specifier) {
  const program = `${specifier === undefined ? '' : `import '${specifier}';`}
    const { user, system } = process.cpuUsage();
    console.log(performance.now(), (user + system) / 1e3, process.memoryUsage.rss() / 1e6);`;
  const options = { cwd: import.meta.dirname, encoding: 'utf8' };
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], options).trim().split(' ').map(Number);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const bare = [];
const names = Object.keys(imports);
const above = Object.fromEntries(names.map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  const without = start();
  bare.push(without[0]);
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    above[name].push(start(imports[name]).map((value, at) => value - without[at]));
  }
}

console.log(`what an import adds to bare Node ${process.versions.node}, which starts in ${median(bare).toFixed(0)} ms here`);
console.log(`(medians of ${rounds} interleaved processes each; the target is 20 ms)`);
console.log('import                      ms  CPU ms    MB');
for (const [name, taken] of Object.entries(above)) {
  const figures = [0, 1, 2].map((at) => median(taken.map((sample) => sample[at])).toFixed(1));
  console.log(`${name.padEnd(23)} ${figures[0].padStart(6)} ${figures[1].padStart(7)} ${figures[2].padStart(5)}`);
}
rmSync(folder, { recursive: true });
