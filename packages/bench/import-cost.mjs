// What importing each package adds to a bare Node: the median of interleaved fresh processes, in milliseconds and MB of resident memory.
// Run with `npm run bench`. It measures the built packages, as people install them.
import { execFileSync } from 'node:child_process';

const rounds = 15;
const subjects = {
  'bare Node': '',
  '@rolecall/core': '@rolecall/core',
  '@rolecall/router': '@rolecall/router',
  '@rolecall/cost-tracker': '@rolecall/cost-tracker',
};
const report = `console.log(performance.now() - start, process.memoryUsage.rss() / 1e6)`;

function measure(specifier) {
  const program = `const start = performance.now(); ${specifier && `await import('${specifier}');`} ${report}`;
  const started = performance.now();
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  const [importMs, residentMb] = printed.trim().split(' ').map(Number);
  return { processMs: performance.now() - started, importMs, residentMb };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const samples = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, specifier] of Object.entries(subjects)) samples[name].push(measure(specifier));
}

const bare = samples['bare Node'];
console.log(`import cost, Node ${process.versions.node}, median of ${rounds} interleaved processes each`);
console.log('package                   import ms  process above bare ms  memory above bare MB');
for (const [name, taken] of Object.entries(samples)) {
  const above = (key) => (median(taken.map((sample) => sample[key])) - median(bare.map((sample) => sample[key]))).toFixed(1);
  console.log(
    `${name.padEnd(24)} ${median(taken.map((s) => s.importMs))
      .toFixed(1)
      .padStart(10)} ${above('processMs').padStart(22)} ${above('residentMb').padStart(21)}`,
  );
}
