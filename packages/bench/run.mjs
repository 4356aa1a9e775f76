// `npm run bench`: every benchmark in turn, on the built packages. `npm run bench -- --full` takes its time. None fails for being slow.
import { spawnSync } from 'node:child_process';

const benchmarks = [
  'import-cost.mjs',
  'call-cost.mjs',
  'crew-cost.mjs',
  'stream-cost.mjs',
  'cooldown-cost.mjs',
  'ledger-cost.mjs',
];
const results = benchmarks.map((file) => {
  const args = [new URL(file, import.meta.url).pathname, ...process.argv.slice(2)];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status;
});
process.exitCode = results.every((status) => status === 0) ? 0 : 1;
